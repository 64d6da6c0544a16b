"""The C core without Python: sanitizers and valgrind find nothing to say."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from requirements import skip_or_fail

HERE = Path(__file__).resolve().parent
CSRC = HERE.parent.parent / "csrc"
ROUNDS = 20
SANITIZERS = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]


def build(folder, *flags):
    gcc = shutil.which("gcc")
    if gcc is None:
        skip_or_fail("gcc is not installed")
    program = folder / "every_call"
    sources = [str(HERE / "every_call.c"), *map(str, CSRC.glob("*.c"))]
    done = subprocess.run(
        [gcc, "-std=c11", "-D_GNU_SOURCE", f"-I{CSRC}", "-g", "-O1",
         "-Wall", "-Wextra", "-Werror", *flags, *sources, "-o", program],
        capture_output=True,
        text=True,
    )  # fmt: skip
    if done.returncode and "cannot find" in done.stderr:
        skip_or_fail(f"gcc has no sanitizers here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return program


def run(*command):
    # Under `make asan` the sanitizer is preloaded; here it is linked in.
    ours = {"LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS"}
    env = {k: v for k, v in os.environ.items() if k not in ours}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stderr


def test_every_function_is_called():
    """A new function of pysock.h has to be called in every_call.c."""
    header = (CSRC / "pysock.h").read_text()
    names = set(re.findall(r"^\w[\w ]*\b(pysock_\w+)\(", header, re.M))
    assert len(names) > 20
    called = (HERE / "every_call.c").read_text()
    assert {name for name in names if f"{name}(" not in called} == set()


def test_address_undefined_and_leak_sanitizer(tmp_path):
    program = build(tmp_path, *SANITIZERS)
    assert run(program, str(ROUNDS)) == ""


def test_valgrind(tmp_path):
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        # The sanitizers above have looked for the same.
        pytest.skip("valgrind is not installed")
    program = build(tmp_path)
    said = run(
        valgrind, "--leak-check=full", "--show-leak-kinds=all",
        "--error-exitcode=9", "--track-fds=yes", program, "2",
    )  # fmt: skip
    assert "All heap blocks were freed" in said
    assert "ERROR SUMMARY: 0 errors" in said
    [counts] = re.findall(r"FILE DESCRIPTORS: (\d+) open \((\d+) std\)", said)
    assert counts[0] == counts[1]
