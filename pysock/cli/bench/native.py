"""native.c, built when it is first asked for."""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from pysock.cli.bench.rounds import Run, Sides

SOURCE = Path(__file__).with_name("native.c")
_FLAGS = ("-O2", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC")

_NANOSECONDS = (
    "floor_accept",
    "floor_exchange",
    "floor_would_block",
    "floor_tcp_info",
    "floor_connect",
    "floor_sock_diag",
)


class NoCompilerError(RuntimeError):
    """No C compiler, or one that cannot build native.c."""


# Where a child finds what its parent has built.
_BUILT = "PYSOCK_BENCH_NATIVE"


@functools.cache
def _path() -> Path:
    """Build native.c in a temporary directory, unless a parent has."""
    if _BUILT in os.environ:
        return Path(os.environ[_BUILT])
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompilerError("no C compiler (cc, gcc) was found")
    folder = tempfile.mkdtemp(prefix="pysock-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = Path(folder, "native.so")
    built = subprocess.run(
        [compiler, *_FLAGS, str(SOURCE), "-o", str(target)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if built.returncode:
        raise NoCompilerError(f"{compiler} failed: {built.stderr.strip()}")
    return target


def environment() -> dict[str, str]:
    """Give the environment for a child: it need not build once more."""
    try:
        return os.environ | {_BUILT: str(_path())}
    except NoCompilerError:
        return dict(os.environ)


@functools.cache
def library() -> ctypes.CDLL:
    """Load native.c, built when it is first asked for.

    Raises:
        NoCompilerError: there is neither `cc` nor `gcc`, or it fails.
    """
    loaded = ctypes.CDLL(str(_path()))
    for name in _NANOSECONDS:
        getattr(loaded, name).restype = ctypes.c_int64
    return loaded


def add_floor(
    sides: Sides, name: str, make: Callable[[ctypes.CDLL], Run]
) -> None:
    """Add the side that is C, if it can be built here."""
    try:
        sides.add(name, make(library()))
    except NoCompilerError as error:
        sides.leave_out(name, str(error))


def checked(result: int, call: str) -> int:
    """Pass a result on, or raise the OSError that a negative one means."""
    if result < 0:
        raise OSError(-result, f"{os.strerror(-result)}: {call}")
    return result


def seconds_each(nanoseconds: int, operations: int, call: str) -> float:
    """Turn a floor's result into seconds for one operation."""
    return checked(nanoseconds, call) / 1e9 / operations
