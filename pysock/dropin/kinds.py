"""What kind of socket it is: whether what pysock knows holds for it."""

from __future__ import annotations

import _socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The C members: the properties of the standard class make enums of them,
# which costs ten times as much.
_family = _socket.socket.family.__get__
_type = _socket.socket.type.__get__
_proto = _socket.socket.proto.__get__

_IP = (_socket.AF_INET, _socket.AF_INET6)
_STREAM = _socket.SOCK_STREAM
_TCP = (0, _socket.IPPROTO_TCP, 262)  # 262: MPTCP


def is_tcp(sock: Any) -> bool:
    """Whether a socket is TCP (or MPTCP) over IP."""
    return (
        _family(sock) in _IP
        and _type(sock) == _STREAM
        and _proto(sock) in _TCP
    )
