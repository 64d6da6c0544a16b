"""What is told of a read or write that failed."""

from __future__ import annotations

import os

from pysock.errors.escape import printable
from pysock.errors.failure import RECEIVE
from pysock.explain.ending import stream_ended
from pysock.explain.words import duration, many, times
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case, Look
    from pysock.tcp.info import TcpInfo

# Calls that fail only if the kernel has taken nothing of what they were given.
_ALL_OR_NOTHING = ("send", "sendto", "sendmsg")


def closed(case: Case) -> None:
    """A FIN came before all that was expected."""
    if case.error.call != "recv_exactly":
        stream_ended(case)
        return
    partial = len(getattr(case.error, "partial", b""))
    case.why = (
        f"{case.peer} ended its side of the connection (FIN) after "
        f"{many(partial, 'byte')} of this read"
    )
    _see_delivery(case)


def not_connected(case: Case) -> None:
    """There is no connection, by this program's own doing too."""
    if case.error._reason == "disconnected":
        case.why = (
            "this program disconnected the socket itself: connect() with "
            "AF_UNSPEC"
        )
        case.try_ = "look for who has this descriptor in the program"


def shut_here(case: Case) -> None:
    """The read side was shut down by this program."""
    _see_delivery(case)


def ended(case: Case) -> None:
    """The connection had ended, and not by a FIN."""
    by = {
        "peer": "a reset",
        "timer": "the kernel's giving up on a silent peer",
        "icmp": "ICMP errors",
        "policy": "a program of this machine (SOCK_DESTROY)",
    }.get(case.kind or "")
    if by is not None:
        case.why = (
            f"the connection to {case.peer} had ended before this read, by "
            f"{by} that an earlier call has told"
        )
    _see_delivery(case)


def reset_idle(case: Case) -> None:
    """The peer's data is the newest, or as new as can be told."""
    idle = case.error.idle
    if idle is None:
        return
    case.why = (
        f"the connection to {case.peer} was reset; the newest data was the "
        f"peer's, {duration(idle)} ago: it lay unused, or the answer broke "
        "off"
    )
    _see_delivery(case)


def reset_unanswered(case: Case) -> None:
    """Ours is."""
    age = _last_sent(case.info)
    case.why = (
        f"the connection to {case.peer} was reset; the newest data was this "
        f"program's{age}, and it got no answer"
    )
    _see_delivery(case)


def reset_at_once(case: Case) -> None:
    """None in either direction."""
    age = None if case.info is None else case.info.last_ack_recv_ms
    after = "" if age is None else f", last heard of {_ago(age)}"
    case.why = (
        f"the connection to {case.peer} was reset before any data went "
        f"either way{after}"
    )
    _see_delivery(case)


def reset(case: Case) -> None:
    """Whose data was the newest cannot be told."""
    case.why = f"the connection to {case.peer} was reset"
    info, idle = case.info, case.error.idle
    if info is None or idle is None:
        return
    case.why += (
        f"; the newest data was {duration(idle)} ago, and whether it was the "
        "peer's or this program's cannot be told"
    )
    _see_delivery(case)


def broken(case: Case) -> None:
    """A write after the end: by what it had ended."""
    kind, fin = case.kind, case.error._fin_came
    before = f"the connection to {case.peer} had ended before this write"
    by = {
        "timer": "the kernel had given up on a silent peer",
        "icmp": "ICMP errors had ended it",
        "route": "nothing could leave this machine any more",
        "policy": "a program on this machine killed it (SOCK_DESTROY)",
    }.get(kind or "")
    if by is not None:
        case.why = f"{before}: {by}"
    elif fin:
        case.why = (
            f"{case.peer} had closed its side (FIN), and the connection was "
            "reset since"
        )
    elif kind == "peer":
        case.why = f"{before}: the peer had reset it"
    else:
        case.why = f"{before}"
        if fin is False:
            case.why += ", and not by a FIN"
        case.why += "; an earlier call has told how, or taken the error"
        case.try_ = "look for the first failure of this connection"
    _see_delivery(case)


def killed(case: Case) -> None:
    """SOCK_DESTROY."""
    _see_delivery(case)


def silent(case: Case) -> None:
    """The kernel gave up on a silent peer."""
    info = case.info
    if info is None:
        return
    case.why = f"{case.host} stopped answering, and the kernel gave up"
    heard = _heard(info)
    if heard is not None:
        case.why += f": it was last heard of {_ago(heard)}"
    if info.total_retrans:
        case.facts.append(
            f"{many(info.total_retrans, 'segment')} sent again in vain"
            if info.retransmits
            else f"{many(info.total_retrans, 'segment')} sent again in all"
        )
    if info.snd_wnd == 0:
        case.facts.append("its window was closed before")
    if info.probes:
        case.facts.append(f"{many(info.probes, 'probe')} unanswered")
    _see_delivery(case)


def window_closed_for_good(case: Case) -> None:
    """It answered, and took no data."""
    case.why = (
        f"the program at {case.peer} took no data until the kernel gave up; "
        "its host answered all the time"
    )
    _see_delivery(case)


def unreachable(case: Case) -> None:
    """The path is gone."""
    if case.kind == "route":
        case.why = (
            f"nothing can leave this machine for {case.host} any more: its "
            "route or interface is gone"
        )
    elif case.kind == "icmp":
        case.why = (
            f"the path to {case.host} broke: a machine on it says "
            f"{_said(case)!r} (the kernel does not keep which)"
        )
    _see_delivery(case)


def timed_out_silent(case: Case) -> None:
    """The peer's host does not acknowledge."""
    info = case.info
    if info is None:
        return
    heard = _heard(info)
    since = "" if heard is None else f" for {duration(heard / 1000)}"
    case.why = f"{case.host} has been silent{since}: it does not acknowledge"
    if info.retransmits:
        case.facts.append(
            f"{many(info.unacked or 0, 'segment')} unacknowledged, sent again "
            f"{times(info.retransmits)}"
        )
    if info.probes:
        case.facts.append(f"{many(info.probes, 'probe')} unanswered")
    _see_delivery(case)


def timed_out_program(case: Case) -> None:
    """All is acknowledged, and no answer came."""
    info = case.info
    delivery = case.error.delivery
    if info is None:
        return
    written = (
        "all that was sent"
        if delivery is None or delivery.acknowledged is None
        else f"all {many(delivery.acknowledged, 'byte')} of this connection"
    )
    age = info.last_ack_recv_ms
    ago = "" if age is None else f" {_ago(age)}"
    case.why = (
        f"{case.host} acknowledged {written}{ago}, and no answer has come: "
        "its program is slow, or waits for more"
    )
    _see_received(case, info)
    _see_handshake(case)


def timed_out_window(case: Case) -> None:
    """The peer's program does not read."""
    info = case.info
    if info is None:
        return
    case.why = (
        f"the program at {case.peer} does not read: its window is closed, "
        f"with {many(info.notsent_bytes or 0, 'byte')} waiting here"
    )
    if info.last_ack_recv_ms is not None:
        case.facts.append(f"its host answered {_ago(info.last_ack_recv_ms)}")


def timed_out_nothing(case: Case) -> None:
    """Nobody has sent anything."""
    elapsed = case.error.elapsed
    within = "" if elapsed is None else f" in {duration(elapsed)}"
    case.why = (
        f"{case.peer} sent nothing{within}, and this program has sent "
        "nothing either"
    )
    _see_handshake(case)


def timed_out(case: Case) -> None:
    """What is left: half an answer, a slow path, or nothing to tell."""
    info, elapsed = case.info, case.error.elapsed
    within = "in that time" if elapsed is None else f"in {duration(elapsed)}"
    if info is None:
        return
    if info.state is TcpState.CLOSE:
        case.why = f"the call did not finish {within}; the connection is over"
        return
    waiting = info.unacked or info.notsent_bytes
    if waiting:
        _see_delivery(case)
        heard = _heard(info)
        if heard is not None:
            case.facts.append(f"{case.host} was heard of {_ago(heard)}")
        case.why = (
            f"not all was acknowledged {within}, though {case.host} is not "
            "known to be silent: the path or the peer is slow"
            if case.error.call not in RECEIVE
            else f"no answer came {within}; the last of what was sent is on "
            "its way still"
        )
        return
    idle = case.error.idle
    if case.error.call in RECEIVE and idle is not None:
        newest = case.error._newest_data
        got = _received(case, info)
        case.why = (
            f"{got} came from {case.peer}, then nothing for {duration(idle)}"
        )
        case.why += (
            "; this program has sent nothing since"
            if newest == "peer"
            else "; whether anything was sent since cannot be told"
        )
        case.try_ = case.fill(
            "if more was due, the rest of the answer is missing: look at the "
            "program at {address} and the path to it"
        )


def transfer_failed(case: Case) -> None:
    """An errno without a row."""
    case.why = f"{case.error.call or 'the call'} failed: {_said(case)}"


def _said(case: Case) -> str:
    number = case.error.errno
    return os.strerror(number) if number else printable(case.error)


def _received(case: Case, info: TcpInfo) -> str:
    """How much data came; the kernel counts a FIN as a byte."""
    count, fin = info.bytes_received, case.error._fin_came
    if count is None or fin is None:
        return "data"
    return many(count - fin, "byte")


def _see_received(case: Case, info: TcpInfo) -> None:
    idle = case.error.idle
    if idle is not None:
        case.facts.append(f"its last data came {duration(idle)} ago")
    elif not info.data_segs_in:
        case.facts.append("it has sent no data on this connection")


def _see_delivery(case: Case) -> None:
    """What became of what this program wrote."""
    if case.error.call in _ALL_OR_NOTHING:
        case.facts.append("nothing of this write was taken")
    delivery = case.error.delivery
    if delivery is None:
        return
    told, left = delivery.acknowledged, delivery.unacknowledged
    if left:
        after = ", all written after its FIN had come"
        case.facts.append(
            f"{many(left, 'byte')} of this program's were not acknowledged"
            f"{after if delivery.fin_first else ''}"
        )
        if told:
            case.facts.append(f"{many(told, 'byte')} before them were")
    elif told:
        case.facts.append(
            f"all {many(told, 'byte')} of this program's were acknowledged"
        )
    _see_handshake(case)


def _see_handshake(case: Case) -> None:
    """Whether the connect had been slow: its first segment was lost.

    What was sent again without a byte of data is a SYN, a SYN-ACK or a FIN,
    and a FIN this program has not sent.
    """
    info, delivery = case.info, case.error.delivery
    if info is None or delivery is None or case.error._sent_fin:
        return
    if info.total_retrans and info.bytes_retrans == delivery[1] == 0:
        case.facts.append(
            "the handshake had been slow: its first segment was lost, and "
            f"sent again {times(info.total_retrans)}"
        )


def _last_sent(info: TcpInfo | None) -> str:
    age = None if info is None else info.last_data_sent_ms
    return "" if age is None else f", sent {_ago(age)}"


def _heard(info: TcpInfo) -> int | None:
    """Milliseconds since anything came from the peer's host."""
    return info.last_ack_recv_ms


def _ago(milliseconds: int) -> str:
    if milliseconds == 0:
        return "just now"
    return f"{duration(milliseconds / 1000)} ago"


def would_block(case: Case) -> None:
    """EAGAIN: nothing was waited for, unless the kernel keeps a timeout."""
    origin, waited = case.error.origin, case.error.elapsed
    if origin is None or origin.kind != "deadline" or waited is None:
        return
    receives = case.error.call in RECEIVE
    option = "SO_RCVTIMEO" if receives else "SO_SNDTIMEO"
    missing = "nothing came" if receives else "no room came up"
    case.why = (
        f"{option} of this socket ran out: {missing} for {duration(waited)}"
    )
    case.try_ = f"a longer {option}, or settimeout in its place"


LOOKS: dict[str, tuple[Look, ...]] = {}
TELLS = {
    "not-connected": not_connected,
    "would-block": would_block,
    "peer-closed": closed,
    "read-shut-here": shut_here,
    "read-after-end": ended,
    "peer-reset-idle": reset_idle,
    "peer-reset-unanswered": reset_unanswered,
    "peer-reset-at-once": reset_at_once,
    "peer-reset": reset,
    "broken-pipe": broken,
    "killed-here": killed,
    "peer-silent": silent,
    "peer-window-closed": window_closed_for_good,
    "path-unreachable": unreachable,
    "timeout-peer-silent": timed_out_silent,
    "timeout-program-slow": timed_out_program,
    "timeout-window-closed": timed_out_window,
    "timeout-nothing-sent": timed_out_nothing,
    "timeout": timed_out,
    "transfer-other": transfer_failed,
}
