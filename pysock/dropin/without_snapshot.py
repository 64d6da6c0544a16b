"""Exceptions that need no look at the socket.

What would block or is under way is no failure, and must cost nothing: no
system call, no formatting, and no question what the socket is. A name without
an address has no socket yet.
"""

from __future__ import annotations

import _socket
import os
from _socket import MSG_DONTWAIT
from errno import EAGAIN, EINPROGRESS
from operator import index
from socket import EAI_AGAIN
from time import monotonic

from pysock.dropin.memory import recall, remember
from pysock.dropin.option_timeout import note_option_timeout
from pysock.errors import (
    ResolveError,
    TransferWouldBlockError,
    error_for,
)
from pysock.errors.handlers import by_handler
from pysock.raw.evidence import NOT_LOADED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

_gettimeout = _socket.socket.gettimeout
_AGAIN = (EAGAIN, os.strerror(EAGAIN))


def would_block(
    sock: Any, call: str, flags: Any = 0
) -> TransferWouldBlockError:
    """Make the exception for EAGAIN of a read or write.

    Args:
        sock: the socket.
        call: the method's name.
        flags: that the call was given.
    """
    error = TransferWouldBlockError(*_AGAIN)
    error._call = call
    if _gettimeout(sock) is None and not index(flags) & MSG_DONTWAIT:
        note_option_timeout(error, sock, call)
    return error


def nobody_waits(sock: Any) -> SocketError:
    """Make the exception for EAGAIN of accept."""
    error = error_for("accept", EAGAIN)
    note_option_timeout(error, sock, "accept")
    return error


def in_progress(
    sock: Any,
    number: int,
    address: Any,
    started: float | None,
    ended: float | None = None,
) -> SocketError:
    """Make the exception for EINPROGRESS and EALREADY of a connect.

    Args:
        sock: the socket.
        number: the errno.
        address: as the exception is to have it.
        started: when this call began, a time of `time.monotonic()`.
        ended: when it failed, likewise; `None`: now.
    """
    began: float | None = recall(sock, "_pysock_began")
    if began is None:
        began = started
        remember(sock, "_pysock_began", started)
    elapsed = None
    if began is not None:
        elapsed = (monotonic() if ended is None else ended) - began
    error = error_for("connect", number, address=address, elapsed=elapsed)
    if number == EINPROGRESS:
        note_option_timeout(error, sock, "connect")
        error.elapsed = elapsed
    return error


def unresolved(
    host: object, args: tuple[Any, ...], elapsed: float | None = None
) -> ResolveError:
    """Make the gaierror that says which host.

    Args:
        host: what was looked up.
        args: of the standard module's exception.
        elapsed: seconds that it took; `None` if the clock was not read.
    """
    error = ResolveError(*args)
    error.call = "getaddrinfo"
    error.elapsed = elapsed
    if args[0] == EAI_AGAIN and elapsed is not None:
        try:
            from pysock.raw.resolver import patience

            if elapsed < patience():
                # Nobody was waited for: it was an answer, or nobody is there.
                error.code = "name-server-failed"
        except NOT_LOADED as exc:
            if by_handler(exc):
                raise
    if host is not None:
        error.address = (readable_host(host), None)
    return error


def readable_host(host: Any) -> Any:
    """A host given as bytes as text, anything else as it is."""
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("ascii", "backslashreplace")
    return host
