"""The parts of accept that are not on its path: waiting, and failing."""

from __future__ import annotations

import _socket
import os
import time
from errno import EAGAIN, EINTR, ETIMEDOUT

from pysock._transfer import failed, is_tcp
from pysock.errors import deadline_error, error_for
from pysock.errors._choose import TIMED_OUT
from pysock.raw._calls import lib, milliseconds_left
from pysock.raw._evidence import local_address_of, tcp_info_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.raw._calls import CData

_fileno = _socket.socket.fileno
_accept = lib.pysock_accept
_NOT_YET = frozenset({-ETIMEDOUT, -EAGAIN, -EINTR})


def accept_again(
    sock: Any, timeout: float | None, result: int, peer: CData
) -> int:
    """Go on after an accept that brought nothing.

    Args:
        sock: the listener.
        timeout: its timeout in seconds; 0 and `None` as in `settimeout`.
        result: what the first call said, a negative errno.
        peer: filled when a connection comes.

    Returns:
        the descriptor of a connection.

    Raises:
        AcceptError: as `socket.accept`.
    """
    started = time.monotonic()
    deadline = None if timeout is None else started + timeout
    # A signal's handler has run by now, and so it goes on (PEP 475).
    while result == -EINTR or (timeout and result in _NOT_YET):
        left = -1 if deadline is None else milliseconds_left(deadline)
        result = _accept(_fileno(sock), left, peer)
        if left == 0 and result in _NOT_YET:
            break
    if result < 0:
        elapsed = time.monotonic() - started if timeout else None
        raise accept_failure(sock, -result, timeout, elapsed)
    return result


def accept_failure(
    sock: Any, number: int, timeout: float | None, elapsed: float | None
) -> OSError:
    """Make the exception for an errno of accept; `ETIMEDOUT` for no time."""
    nothing_came = number in (EAGAIN, ETIMEDOUT)
    if nothing_came and not timeout:
        return error_for("accept", EAGAIN)
    if not is_tcp(sock):
        said = (number, os.strerror(number))
        return failed(sock, "accept", TIMED_OUT if nothing_came else said)
    fd = _fileno(sock)
    here, info = local_address_of(fd), tcp_info_of(fd)
    if nothing_came:
        return deadline_error(
            "accept", elapsed=elapsed, local_address=here, tcp_info=info
        )
    return error_for(
        "accept", number, elapsed=elapsed, local_address=here, tcp_info=info
    )
