"""Who ended a connection, remembered for the errors that come after."""

from __future__ import annotations

from pysock.dropin.memory import recall, remember
from pysock.errors import (
    BrokenConnectionError,
    ConnectionKilledError,
    PeerResetError,
    PeerSilentError,
    PeerUnreachableError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

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
        remember(sock, "_ended", (error.origin, error.local_address))
    elif isinstance(error, BrokenConnectionError):
        origin, where = recall(sock, "_ended", (None, None))
        # Another local address: the socket was connected again since.
        if origin is not None and where == error.local_address:
            error.origin = origin
