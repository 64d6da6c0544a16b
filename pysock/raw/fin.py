"""Whether the peer's FIN has come."""

from __future__ import annotations

from pysock.raw.calls import lib
from pysock.tcp.state import TcpState

_WITHOUT = frozenset(
    {TcpState.ESTABLISHED, TcpState.FIN_WAIT1, TcpState.FIN_WAIT2}
)


def got_fin(fd: int, state: TcpState | None) -> bool | None:
    """Tell whether the peer has ended its side in order.

    Args:
        fd: a TCP socket.
        state: its state, read before.

    Returns:
        `None` where it cannot be told: the connection is over, and the kernel
        is one (5.10 was seen) that does not say.
    """
    answer: int = lib.pysock_got_fin(fd)
    if answer >= 0:
        return answer == 1
    if state is None or state is TcpState.CLOSE:
        return None
    return state not in _WITHOUT
