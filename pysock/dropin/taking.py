"""Taking the pending error of a socket, as `connect` would have told it."""

from __future__ import annotations

from errno import ECONNRESET
from time import monotonic

from pysock import raw
from pysock.dropin.ended import remember_end
from pysock.dropin.in_use import with_number
from pysock.dropin.memory import recall, remember
from pysock.errors import ConnectError, PeerResetError, SocketError
from pysock.raw.evidence import connect_failure
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def take_error(sock: Any) -> SocketError | None:
    """Take the pending error; see `socket.take_error`."""
    began: float | None = recall(sock, "_pysock_began")
    error: SocketError | None
    if began is None:
        error = with_number(sock, raw.take_error)
    else:
        over, error = with_number(sock, _verdict)
        if over:
            remember(sock, "_pysock_began", None)  # it is told once
        if isinstance(error, ConnectError):
            error.elapsed, error._noticed = monotonic() - began, True
    if error is not None and not isinstance(error, ConnectError):
        remember_end(sock, error)
    return error


def _verdict(fd: int) -> tuple[bool, SocketError | None]:
    """Whether a connect under way is over, and how it ended."""
    error = raw.take_error(fd)
    over = raw.tcp_state(fd) is not TcpState.SYN_SENT
    if isinstance(error, PeerResetError):
        # The connection was up, and nobody knew: row 3a.
        error = connect_failure(
            fd,
            ECONNRESET,
            address=error.address,
            at_once=False,
            call="take_error",
        )
    return over, error
