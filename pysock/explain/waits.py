"""Why a thread waits on a socket: for whom, and for how long already."""

from __future__ import annotations

from pysock.explain.finding import DOUBTFUL, HARMLESS, WRONG, Finding
from pysock.explain.words import duration, many, size
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.sock_diag.entry import Entry
    from pysock.tcp.info import TcpInfo

# What a stall means for who waits.
_SEVERITY = {
    "peer_silent": WRONG,
    "window_closed": DOUBTFUL,
    "send_buffer": HARMLESS,
    "not_reading": DOUBTFUL,
}


def why_it_waits(
    now: Entry, then: Entry | None, way: str, other: Entry | None = None
) -> Finding:
    """Say what a socket waits for.

    Args:
        now: the socket.
        then: the same a moment before, if there was one.
        way: `"read"` or `"write"`.
        other: the other end of the connection, if it is on this machine.
    """
    if now.state is TcpState.LISTEN:
        return _listener(now)
    info = now.tcp_info
    if info is None:
        return _said(HARMLESS, "wait", f"{now.state.name}: the kernel has it")
    if now.state is TcpState.SYN_SENT:
        return _connecting(now, info)
    before = then.tcp_info if then is not None else None
    if now.state in (TcpState.CLOSE_WAIT, TcpState.CLOSE) and way == "read":
        return _over(now, info)
    stall = info.stall(before) if before is not None else None
    if stall is not None and stall.kind in _SEVERITY:
        why = stall.sentence.rstrip(".")
        return _said(_SEVERITY[stall.kind], stall.kind.replace("_", "-"), why)
    if way == "write":
        return _writing(now, other)
    return _reading(now, info, other)


def _said(severity: str, code: str, why: str) -> Finding:
    return Finding(severity, code, why, (), None)


def _listener(now: Entry) -> Finding:
    room = f"with a limit of {now.send_queue:,}"
    if now.recv_queue > now.send_queue:
        return _said(
            WRONG,
            "listener-full",
            f"its queue is full: {many(now.recv_queue, 'connection')} "
            f"waiting, {room}",
        )
    if now.recv_queue:
        return _said(
            DOUBTFUL,
            "listener-slow",
            f"{many(now.recv_queue, 'connection')} waiting for accept, {room}",
        )
    return _said(
        HARMLESS, "listener-idle", f"nobody connects: queue empty, {room}"
    )


def _connecting(now: Entry, info: TcpInfo) -> Finding:
    again = now.retransmits or 0
    if not again:
        return _said(HARMLESS, "connecting", "the SYN is on its way")
    when = f"in {duration((now.expires_ms or 0) / 1000)}"
    return _said(
        WRONG,
        "connect-unanswered",
        f"no answer to {many(again + 1, 'SYN')}; the next goes out {when}",
    )


def _over(now: Entry, info: TcpInfo) -> Finding:
    since = duration((info.last_ack_recv_ms or 0) / 1000)
    if now.state is TcpState.CLOSE:
        return _said(
            DOUBTFUL, "dead", "the connection is over; the program keeps it"
        )
    left = f", and {size(now.recv_queue)} lie unread" * (now.recv_queue > 1)
    return _said(
        DOUBTFUL,
        "close-wait",
        f"the peer closed at least {since} ago{left}; this end is still open",
    )


def _writing(now: Entry, other: Entry | None) -> Finding:
    return _said(
        HARMLESS,
        "writing",
        f"{size(now.send_queue)} on their way, not acknowledged yet"
        + _unread(other),
    )


def _reading(now: Entry, info: TcpInfo, other: Entry | None) -> Finding:
    if now.recv_queue:
        since = duration((info.last_data_recv_ms or 0) / 1000)
        return _said(
            DOUBTFUL,
            "not-reading",
            f"{size(now.recv_queue)} lie here unread, the last came {since} "
            "ago",
        )
    if now.send_queue:
        return _writing(now, other)
    sent, heard = info.data_segs_out, info.data_segs_in
    if not sent and not heard:
        since = duration((info.last_data_recv_ms or 0) / 1000)
        return _said(
            HARMLESS,
            "nothing-sent",
            f"neither end has sent anything since the connect {since} ago",
        )
    ours, theirs = info.last_data_sent_ms or 0, info.last_data_recv_ms or 0
    if sent and (not heard or ours <= theirs):
        return _said(
            DOUBTFUL,
            "answer-awaited",
            "the peer's host has acknowledged all that was sent, the last "
            f"{duration(ours / 1000)} ago; its program has not answered"
            + _unread(other),
        )
    return _said(
        HARMLESS,
        "idle",
        f"the peer sent last, {duration(theirs / 1000)} ago, and this end "
        "nothing since",
    )


def _unread(other: Entry | None) -> str:
    """What the other end has not read, where it can be seen."""
    if other is None or not other.recv_queue:
        return ""
    return f", and has not read {size(other.recv_queue)} of it"
