"""Resolve a name, and wait for that no longer than there is time.

The C library has no limit of the caller's: with a dead name server it waits
as long as /etc/resolv.conf says. So a thread of its own asks, and is left
behind when the time is up; it ends when the C library has given up.
"""

from __future__ import annotations

import _socket
import time
from _thread import TIMEOUT_MAX, allocate_lock, start_new_thread
from sys import modules

from pysock.dropin.on_failure import report, unheard
from pysock.dropin.without_snapshot import readable_host
from pysock.errors import Origin, ResolveError, SocketError
from pysock.errors.base import variant
from pysock.errors.handlers import by_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_public = modules["pysock"].__dict__
_STREAM = _socket.SOCK_STREAM


def resolve(host: Any, port: Any, until: float | None) -> list[Any]:
    """Give what `getaddrinfo` gives for a stream socket.

    Args:
        host: a name or an address.
        port: a number or a name.
        until: a time of `time.monotonic()`, in seconds; `None`: no limit.

    Raises:
        ResolveError: the name does not resolve; or not in time, then it is a
            `TimeoutError` too.
        RuntimeError: no thread can be started.
    """
    if until is None or _is_numeric(host, port):
        return _ask(host, port)
    started = time.monotonic()
    ended = allocate_lock()
    ended.acquire()
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((unheard(_ask, host, port), None))
        except BaseException as exc:
            outcome.append((None, exc))
        finally:
            ended.release()

    start_new_thread(run, ())
    left = max(until - started, 0)
    if not ended.acquire(True, min(left, TIMEOUT_MAX)):
        raise report(_too_late(host, time.monotonic() - started))
    found, problem = outcome.pop()
    if problem is None:
        return found  # type: ignore[no-any-return]
    try:
        if isinstance(problem, SocketError):
            report(problem)
        raise problem
    finally:
        del problem  # a cycle: its traceback has this frame


def _ask(host: Any, port: Any) -> list[Any]:
    return _public["getaddrinfo"](host, port, 0, _STREAM)  # type: ignore[no-any-return]


def _is_numeric(host: Any, port: Any) -> bool:
    """Whether no name server is asked."""
    try:
        _socket.getaddrinfo(host, port, 0, _STREAM, 0, _socket.AI_NUMERICHOST)
    except _socket.gaierror as exc:
        if by_handler(exc):
            raise
        return False
    return True


def _too_late(host: Any, elapsed: float) -> SocketError:
    error = variant(ResolveError, TimeoutError)(
        _socket.EAI_AGAIN, "Temporary failure in name resolution"
    )
    error.call, error.elapsed = "getaddrinfo", elapsed
    error.origin = Origin("deadline")
    error.address = (readable_host(host), None)
    return error
