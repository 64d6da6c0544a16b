"""The C core without Python: sanitizers, valgrind, another C library."""

import platform
import re
import shutil
from pathlib import Path

from support.requirements import skip_or_fail
from support.sanitized import CSRC, SANITIZERS, build, run

HERE = Path(__file__).resolve().parent
CALLS = HERE / "every_call.c"
ROUNDS = 20


def test_every_function_is_called():
    """A new function of the contract has to be called in every_call.c."""
    headers = ("pysock.h", "snapshot.h", "diag_row.h")
    header = "".join((CSRC / name).read_text() for name in headers)
    names = set(re.findall(r"^\w[\w ]*\b(pysock_\w+)\(", header, re.M))
    assert len(names) > 20
    called = CALLS.read_text()
    assert {name for name in names if f"{name}(" not in called} == set()


def test_address_undefined_and_leak_sanitizer(tmp_path):
    program = build(tmp_path, [CALLS], *SANITIZERS)
    assert run(program, str(ROUNDS)) == ""


def test_valgrind(tmp_path):
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        skip_or_fail("valgrind is not installed")
    program = build(tmp_path, [CALLS])
    said = run(
        valgrind, "--leak-check=full", "--show-leak-kinds=all",
        "--error-exitcode=9", "--track-fds=yes", program, "2",
    )  # fmt: skip
    assert "All heap blocks were freed" in said
    assert "ERROR SUMMARY: 0 errors" in said
    # Valgrind 3.27 says "inherited", and counts those that were at the start.
    [counts] = re.findall(
        r"FILE DESCRIPTORS: (\d+) open \((\d+) (?:std|inherited)\)", said
    )
    assert counts[0] == counts[1]


def test_musl(tmp_path):
    """Alpine's C library: it compiles without a warning, and works."""
    # Debian's musl-gcc finds no header of the kernel.
    ours = f"{platform.machine()}-linux-gnu"
    places = [Path("/usr/include"), Path("/usr/include", ours)]
    for name in ("linux", "asm", "asm-generic"):
        found = next(at / name for at in places if (at / name).is_dir())
        (tmp_path / name).symlink_to(found)
    program = build(
        tmp_path, [CALLS], "-static", "-idirafter", str(tmp_path),
        compiler="musl-gcc",
    )  # fmt: skip
    assert run(program, str(ROUNDS)) == ""
