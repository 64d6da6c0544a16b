"""How a connection ended, remembered for the errors that come after."""

from __future__ import annotations

from pysock.dropin.memory import recall, remember
from pysock.errors import (
    BrokenConnectionError,
    ConnectionKilledError,
    PeerResetError,
    PeerSilentError,
    PeerUnreachableError,
)
from pysock.errors.delivery import after_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.tcp.info import TcpInfo

_ENDS = (
    PeerResetError,
    PeerSilentError,
    PeerUnreachableError,
    ConnectionKilledError,
)


def remember_end(sock: Any, error: SocketError) -> None:
    """Say of a later EPIPE who ended the connection, not who ends most.

    The kernel tells the errno of a connection's end once; every write after
    that gives EPIPE, whoever it was.
    """
    if isinstance(error, _ENDS):
        remember(sock, "_pysock_ended", (error.origin, error.local_address))
    elif isinstance(error, BrokenConnectionError):
        origin, where = recall(sock, "_pysock_ended", (None, None))
        # Another local address: the socket was connected again since.
        if origin is not None and where == error.local_address:
            error.origin = origin


def remember_end_of_stream(
    sock: Any, info: TcpInfo | None, where: tuple[Any, ...] | None
) -> None:
    """Keep the reading that was taken when a read met the FIN.

    Args:
        sock: the socket.
        info: the reading.
        where: the local address, which a later connection does not share.
    """
    if (
        info is not None
        and recall(sock, "_pysock_at_end", (None, None))[1] != where
    ):
        # The first one: every further read meets the end again.
        remember(sock, "_pysock_at_end", (info, where))


def judge_by_end_of_stream(sock: Any, error: SocketError) -> None:
    """Say of what was written after the FIN had been read that it was."""
    told, info = error.delivery, error.tcp_info
    at_end, where = recall(sock, "_pysock_at_end", (None, None))
    if told is None or info is None or at_end is None:
        return
    if where == error.local_address:
        error.delivery = after_end(told, info, at_end)
