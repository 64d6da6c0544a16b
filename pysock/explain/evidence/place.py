"""Whether this is where a failure happened: machine and network namespace.

An exception travels: pickled to another process, another container, another
machine. What the sockets there do is no evidence.
"""

from __future__ import annotations

import _socket

from pysock.raw.evidence import network_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors import SocketError


def not_here(error: SocketError) -> str | None:
    """Say where the failure was, if not here; `None`: here, or not known.

    Two system calls, where the failure's namespace is known.
    """
    if error._elsewhere is None:
        return "in another process, and perhaps on another machine"
    if error._elsewhere:
        return "on another machine, or before this one was started"
    if error._network is None:
        return None
    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    try:
        here = network_of(probe.fileno())
    finally:
        probe.close()
    if here is None or here == error._network:
        return None
    return "in another network namespace"
