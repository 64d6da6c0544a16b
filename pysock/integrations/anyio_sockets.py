"""The sockets under anyio's streams, on asyncio and on trio."""

from __future__ import annotations

from pysock.integrations import noting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def socket_of(stream: Any) -> Any:
    """The socket under a stream of anyio's; else `None`.

    By its own attribute: the public one asks the socket for its addresses,
    and fails when it is closed.
    """
    sock = noting.real_socket(getattr(stream, "_raw_socket", None))
    return sock if noting.is_standard(sock) else None
