"""C programs over csrc/, compiled with what watches their memory."""

import os
import shutil
import subprocess
from pathlib import Path

from support.requirements import skip_or_fail

CSRC = Path(__file__).resolve().parent.parent.parent / "csrc"
SANITIZERS = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]


def build(folder, sources, *flags, compiler="gcc"):
    """Compile C sources together with all of csrc/; give the program."""
    gcc = shutil.which(compiler)
    if gcc is None:
        skip_or_fail(f"{compiler} is not installed")
    program = folder / "program"
    sources = [*map(str, sources), *map(str, CSRC.glob("*.c"))]
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
