"""Whose data was the newest on a connection."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.tcp.info import TcpInfo

# The kernel's clocks go in ticks of 1 to 10 ms. Nothing earlier than this
# after the last data is a keepalive's answer: TCP_KEEPIDLE is 1 s at least.
_KEEPALIVE_MS = 900


def newest_data(
    info: TcpInfo, queued: int | None, quick_ack: bool | None
) -> str | None:
    """Say who sent data last, from readings of one moment.

    Args:
        info: a reading of the connection, dead or alive.
        queued: bytes written and not acknowledged (SIOCOUTQ).
        quick_ack: what TCP_QUICKACK says; `None` if not known.

    Returns:
        `"peer"`, `"ours"`, `"none"` if no data went either way, or `None`
        where it cannot be told.

    Both clocks go in ticks (4 ms where this was measured), and a request
    mostly follows an answer within one. What is left then: unacknowledged
    data is the newest, since every answer acknowledges what came before; an
    ACK of its own, later than the peer's last data, acknowledges ours; and
    who answers at once is taken for interactive (TCP_QUICKACK 0) until an
    ACK of his had to go out without data.
    """
    sent, received = info.data_segs_out, info.data_segs_in
    if sent is None or received is None:
        return None
    if not received:
        return "ours" if sent else "none"
    if not sent:
        return "peer"
    ours, theirs = info.last_data_sent_ms, info.last_data_recv_ms
    acked = info.last_ack_recv_ms
    if ours is None or theirs is None or acked is None:
        return None
    if ours != theirs:
        return "ours" if ours < theirs else "peer"
    if queued:
        return "ours"
    lone_ack = theirs - acked
    if quick_ack is None:
        return None
    if quick_ack:
        return "peer" if not 0 < lone_ack < _KEEPALIVE_MS else None
    return "ours" if 0 < lone_ack < _KEEPALIVE_MS else None
