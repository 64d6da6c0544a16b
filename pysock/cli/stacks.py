"""Where in its Python code a thread of another process is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from pysock.explain.escape import printable
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Seconds for py-spy, which reads a whole interpreter.
_PATIENCE = 20


class Frame(Record):
    """One line of Python code.

    Attributes:
        file: as the interpreter knows it.
        line: its number; 0 if it is not known.
        function: with its class, where that is known.
    """

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        file = "/".join(Path(self.file).parts[-2:])
        return printable(f"{file}:{self.line} in {self.function}")


Stacks = dict[int, list[Frame]]


def stacks_of(pid: int) -> tuple[Stacks, str | None]:
    """Read the Python stacks of a process, innermost frame first.

    The interpreter's own remote debugging is used where both ends are the
    same version, from 3.14 on; else py-spy, where it is installed. The
    process is not stopped.

    Returns:
        the frames by thread; and why there are none, if so.
    """
    if sys.version_info >= (3, 14):
        found = by_interpreter(pid)
        if found:
            return found, None
    return _by_py_spy(pid)


def best(frames: list[Frame]) -> Frame | None:
    """The frame that a reader looks for: the innermost of their own."""
    for is_theirs in (_is_own, _is_installed):
        for frame in frames:
            if is_theirs(frame.file):
                return frame
    return frames[0] if frames else None


def _is_installed(file: str) -> bool:
    """Not part of the standard library."""
    is_package = "site-packages" in file or "dist-packages" in file
    return is_package or not (
        file.startswith("<frozen") or "/lib/python3" in file
    )


def _is_own(file: str) -> bool:
    is_package = "site-packages" in file or "dist-packages" in file
    return _is_installed(file) and not is_package


def by_interpreter(pid: int) -> Stacks:
    """Ask by a module that is private and changes: nothing, if it does."""
    try:
        import _remote_debugging  # type: ignore[import-not-found, unused-ignore]

        unwinder = _remote_debugging.RemoteUnwinder(pid, all_threads=True)
        return {
            thread.thread_id: [_frame(one) for one in thread.frame_info]
            for found in unwinder.get_stack_trace()
            # 3.14 lists threads, 3.15 interpreters that have some.
            for thread in getattr(found, "threads", [found])
        }
    except Exception:
        return {}


def _frame(one: Any) -> Frame:
    # 3.14 has the line, 3.15 a place with line and columns.
    line = getattr(one, "lineno", None)
    if line is None:
        place = getattr(one, "location", None)
        line = place[0] if place else 0
    return Frame(str(one.filename), int(line), str(one.funcname))


def _by_py_spy(pid: int) -> tuple[Stacks, str | None]:
    beside = str(Path(sys.executable).parent)
    program = shutil.which("py-spy") or shutil.which("py-spy", path=beside)
    if program is None:
        return {}, "no Python lines: py-spy is not installed"
    try:
        done = subprocess.run(
            [program, "dump", "--pid", str(pid), "--json", "--nonblocking"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it failed"]
            return {}, f"no Python lines: py-spy says {printable(said[0])}"
        return {
            thread["os_thread_id"]: [
                Frame(one["filename"], one["line"], one["name"])
                for one in thread["frames"]
            ]
            for thread in json.loads(done.stdout)
            if thread["os_thread_id"]
        }, None
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as exc:
        return {}, f"no Python lines: py-spy failed ({type(exc).__name__})"
