"""Why a connection does not move: one sentence from two readings.

It is what a person does with two looks at `ss -ti`: which counters stand
still, and which timer runs. Loaded when `TcpInfo.stall()` is called.
"""

from __future__ import annotations

from pysock.tcp.fields import TcpFields
from pysock.tcp.record import Record
from pysock.tcp.state import TcpState
from pysock.tcp.whole import unpacker

# From this share of the time with data outstanding on, the kernel's own
# account of what held it up is the answer.
_MOSTLY = 0.5

_OVER = frozenset({TcpState.CLOSE, TcpState.TIME_WAIT, TcpState.LISTEN})

# Without one of these there is no cause but that nothing is to be sent.
_signs = unpacker(
    (
        "probes",
        "rcv_mss",
        "unacked",
        "notsent_bytes",
        "sndbuf_limited_us",
        "rcv_wnd",
    )
)
_END = TcpFields.rcv_wnd.offset + TcpFields.rcv_wnd.size
_SYN_SENT = int(TcpState.SYN_SENT)


class Stall(Record):
    """Why nothing moves.

    Attributes:
        kind: `"peer_silent"` (the peer does not acknowledge),
            `"window_closed"` (the peer takes no more: its program does not
            read), `"send_buffer"` (ours is too small for the path),
            `"not_reading"` (this program does not read) or `"idle"`
            (nothing to send).
        sentence: the same with numbers, in plain words.
    """

    kind: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def find_stall(now: TcpFields, then: TcpFields) -> Stall | None:
    """Tell why a connection stands still; see `TcpInfo.stall`."""
    if now.state in _OVER or now.state is None:
        return None
    for look in (_no_answer_to_syn, _window, _silence, _buffer, _reading):
        stall = look(now, then)
        if stall is not None:
            return stall
    return _idle(now, then)


def find_hold_up(now: TcpFields, then: TcpFields) -> Stall | None:
    """Tell why it cannot go on; `None` also where nothing is to be sent.

    For many sockets at once: most show no sign of it, and cost one look.
    """
    if _has_no_sign(now._raw, then._raw):
        return None
    stall = find_stall(now, then)
    return None if stall is None or stall.kind == "idle" else stall


def _has_no_sign(now: bytes, then: bytes) -> bool:
    if len(now) < _END or len(then) < _END or now[0] == _SYN_SENT:
        return False
    probes, mss, unacked, notsent, limited, window = _signs(now)
    if probes or unacked or notsent or window < mss:
        return False
    return limited == _signs(then)[-2]


def _no_answer_to_syn(now: TcpFields, _: TcpFields) -> Stall | None:
    if now.state is not TcpState.SYN_SENT or not now.retransmits:
        return None
    return Stall(
        "peer_silent",
        f"The peer does not answer: the SYN was sent {now.retransmits + 1} "
        f"times, and is sent again after {_seconds_us(now.rto_us)}.",
    )


def _window(now: TcpFields, then: TcpFields) -> Stall | None:
    # With data in flight the next ACK may open it, or nobody is there.
    if not now.notsent_bytes or now.unacked:
        return None
    if now.snd_wnd is None:
        # Before 5.4 the kernel says only for how long it was held up so.
        closed = (
            not _moved(now, then, "bytes_acked")
            and _share(now, then, "rwnd_limited_us") >= _MOSTLY
        )
    else:
        # Silly window avoidance: less than a segment is not worth sending.
        closed = now.snd_wnd < (now.snd_mss or 1)
    if not closed:
        return None
    probed = f", {now.probes} probes are unanswered" if now.probes else ""
    return Stall(
        "window_closed",
        f"The peer's window is closed ({_bytes(now.snd_wnd)}): its program "
        f"does not read, and {_bytes(now.notsent_bytes)} wait here to be "
        f"sent{probed}; the last ACK came "
        f"{_seconds_ms(now.last_ack_recv_ms)} ago.",
    )


def _silence(now: TcpFields, then: TcpFields) -> Stall | None:
    if _moved(now, then, "bytes_acked"):
        return None
    since = f"the last ACK came {_seconds_ms(now.last_ack_recv_ms)} ago"
    if now.unacked and (now.retransmits or now.backoff):
        return Stall(
            "peer_silent",
            f"The peer does not acknowledge: {_segments(now.unacked)} in "
            f"flight, sent again {_times(now.retransmits)} without an answer; "
            f"the timer has backed off to {_seconds_us(now.rto_us)}, and "
            f"{since}.",
        )
    if now.probes and not now.unacked and not now.notsent_bytes:
        return Stall(
            "peer_silent",
            f"The peer does not answer {_times(now.probes)} asked whether it "
            f"is still there (keepalive); {since}.",
        )
    return None


def _buffer(now: TcpFields, then: TcpFields) -> Stall | None:
    share = _share(now, then, "sndbuf_limited_us")
    if share < _MOSTLY:
        return None
    return Stall(
        "send_buffer",
        f"Our send buffer is full: for {share:.0%} of the time with data in "
        "flight, all that fits into it (SO_SNDBUF) was sent and not yet "
        f"acknowledged, at a round trip of {_seconds_us(now.rtt_us)}.",
    )


def _reading(now: TcpFields, _: TcpFields) -> Stall | None:
    window, segment = now.rcv_wnd, now.rcv_mss
    if window is None or segment is None or window >= segment:
        return None
    if now.state not in (
        TcpState.ESTABLISHED,
        TcpState.FIN_WAIT1,
        TcpState.FIN_WAIT2,
    ):
        return None
    return Stall(
        "not_reading",
        "This program does not read: the receive buffer is full and our "
        f"window closed ({_bytes(window)}); the last data came "
        f"{_seconds_ms(now.last_data_recv_ms)} ago.",
    )


def _idle(now: TcpFields, then: TcpFields) -> Stall | None:
    waiting = now.unacked or now.notsent_bytes
    moved = any(
        _moved(now, then, name)
        for name in ("bytes_acked", "bytes_received", "data_segs_out")
    )
    if waiting or moved:
        return None
    if now.data_segs_out:
        ours = f"last data sent {_seconds_ms(now.last_data_sent_ms)} ago"
    else:
        ours = "none was ever sent"
    return Stall(
        "idle",
        "Nothing to send: all that the program wrote is acknowledged "
        f"({ours}), and nothing comes in.",
    )


def _moved(now: TcpFields, then: TcpFields, name: str) -> int:
    """How far a counter has come; 0 where it is not known."""
    later, earlier = getattr(now, name), getattr(then, name)
    return 0 if later is None or earlier is None else later - earlier


def _share(now: TcpFields, then: TcpFields, name: str) -> float:
    """Part of the time with data outstanding that one cause took."""
    busy = _moved(now, then, "busy_time_us")
    return _moved(now, then, name) / busy if busy > 0 else 0.0


def _seconds_us(microseconds: int | None) -> str:
    if microseconds is None:
        return "an unknown time"
    return _seconds(microseconds / 1e6)


def _seconds_ms(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "an unknown time"
    return _seconds(milliseconds / 1e3)


def _seconds(seconds: float) -> str:
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s"


def _bytes(count: int | None) -> str:
    return "size unknown" if count is None else f"{count:,} bytes"


def _segments(count: int) -> str:
    return f"{count} segment{'' if count == 1 else 's'}"


def _times(count: int | None) -> str:
    return "once" if count == 1 else f"{count or 0} times"
