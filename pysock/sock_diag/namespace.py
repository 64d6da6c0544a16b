"""Another network namespace: do something there, and come back.

A thread of its own goes there and ends there, so that no other code of this
process is ever in the wrong place; a socket that it opens stays where it was
opened.
"""

from __future__ import annotations

import os
import threading
from errno import EACCES, EINVAL, ENOENT, EPERM

from pysock.sock_diag.netlink import diag_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Result = TypeVar("Result")

# Where `ip netns add` puts the names.
_NAMES = "/run/netns"
# Not /proc/self: that is the main thread, and this one may be elsewhere.
_HERE = "/proc/thread-self/ns/net"
_CLONE_NEWNET = 0x40000000


def inside(netns: str | int | None, call: Callable[[], Result]) -> Result:
    """Run a function in another network namespace.

    Args:
        netns: a name, as `ip netns` has it, or the number of a process that
            is in it; `None` for where the calling thread is.
        call: what to do there. It runs in a thread of its own, unless it is
            already in the right place.

    Returns:
        what it returns.

    Raises:
        DiagError: there is no such name or process (`ENOENT`), or what has
            the name is no namespace (`EINVAL`).
        DiagDeniedError: no right to go there, which takes CAP_SYS_ADMIN
            (`EPERM`), or to look at that process (`EACCES`).
        ValueError: neither a name nor a process.

    Raises what the function raises, too. Waits until it has ended; Ctrl-C
    ends the wait, and leaves the thread behind.
    """
    if netns is None:
        return call()
    fd = _open(netns)
    try:
        here = _is_here(fd)
    finally:
        os.close(fd)
    return call() if here else _in_a_thread(netns, call)


def is_elsewhere(pid: int) -> bool | None:
    """Whether a process is in another namespace; `None` if nobody says."""
    try:
        there = os.stat(f"/proc/{pid}/ns/net")  # noqa: PTH116
    except OSError:
        return None
    return not _same(there, os.stat(_HERE))  # noqa: PTH116


def _open(netns: str | int) -> int:
    try:
        return os.open(path_of(netns), os.O_RDONLY | os.O_CLOEXEC)
    except OSError as exc:
        what = "process" if isinstance(netns, int) else "network namespace"
        number = exc.errno or ENOENT
        hint = f"{what} {netns}"
        if number in (EACCES, EPERM):
            hint += ": may be looked into by root alone"
        raise diag_error("netns", number, hint) from None


def path_of(netns: str | int) -> str:
    """Where the kernel shows a namespace.

    Raises:
        ValueError: neither a name as `ip netns` has it nor a process.
    """
    if isinstance(netns, int) and not isinstance(netns, bool) and netns > 0:
        return f"/proc/{netns}/ns/net"
    if isinstance(netns, str) and netns.strip(".") and "/" not in netns:
        return f"{_NAMES}/{netns}"
    raise ValueError(f"a name as `ip netns` has it, or a pid, not {netns!r}")


def _is_here(fd: int) -> bool:
    return _same(os.fstat(fd), os.stat(_HERE))  # noqa: PTH116


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _enter(fd: int) -> None:
    """Move the calling thread, and no other; raises OSError."""
    if hasattr(os, "setns"):  # Python 3.12
        os.setns(fd, _CLONE_NEWNET)
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _in_a_thread(netns: str | int, call: Callable[[], Result]) -> Result:
    results: list[Result] = []
    failures: list[BaseException] = []

    def go() -> None:
        try:
            # Opened here: a Ctrl-C in who waits would close what is in use.
            fd = _open(netns)
            try:
                _enter(fd)
            except OSError as exc:
                hint = f"network namespace of {netns}: needs CAP_SYS_ADMIN"
                raise diag_error("netns", exc.errno or EINVAL, hint) from None
            finally:
                os.close(fd)
            results.append(call())
        except BaseException as exc:
            failures.append(exc)

    # It keeps a namespace alive, not the interpreter.
    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join()
    if failures:
        try:
            raise failures[0]
        finally:
            failures.clear()
    return results[0]
