"""native.c, built when it is first asked for."""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("native.c")
BUILD = ("-O2", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC")

_INT64 = {
    "floor_accept",
    "floor_exchange",
    "floor_would_block",
    "floor_tcp_info",
    "floor_connect",
    "floor_sock_diag",
}


class NoCompilerError(RuntimeError):
    """There is no C compiler, so no floor."""


@functools.cache
def library() -> ctypes.CDLL:
    """Build native.c into a temporary directory, and load it.

    Raises:
        NoCompilerError: there is neither `cc` nor `gcc`, or it fails.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompilerError("no C compiler (cc, gcc) was found")
    folder = tempfile.mkdtemp(prefix="pysock-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = Path(folder, "native.so")
    built = subprocess.run(
        [compiler, *BUILD, str(SOURCE), "-o", str(target)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if built.returncode:
        raise NoCompilerError(f"{compiler} failed: {built.stderr.strip()}")
    loaded = ctypes.CDLL(str(target))
    for name in _INT64:
        getattr(loaded, name).restype = ctypes.c_int64
    return loaded


def checked(result: int, what: str) -> int:
    """Pass a result on, or raise the OSError that a negative one means."""
    if result < 0:
        raise OSError(-result, f"{os.strerror(-result)}: {what}")
    return result
