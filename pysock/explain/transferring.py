"""What is told of a read or write that failed."""

from __future__ import annotations

import os

from pysock.errors.escape import printable
from pysock.explain.ending import advise, stream_ended
from pysock.explain.words import many
from pysock.explain.written import ago, heard, see_delivery
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case, Look
    from pysock.tcp.info import TcpInfo


def closed(case: Case) -> None:
    """A FIN came before all that was expected."""
    if case.error.call != "recv_exactly":
        stream_ended(case)
        return
    partial = len(getattr(case.error, "partial", b""))
    if case.kind is None:
        case.why = (
            f"the stream ended after {many(partial, 'byte')} of this read; "
            "whether the peer or this program ended it cannot be told"
        )
        case.try_ = "look for a shutdown() in this program, and at the peer"
        return
    case.why = (
        f"{case.peer} ended its side of the connection (FIN) after "
        f"{many(partial, 'byte')} of this read"
    )
    advise(case, partial)
    see_delivery(case)


def not_connected(case: Case) -> None:
    """There is no connection, by this program's own doing too."""
    info = case.info
    if case.error._reason == "disconnected":
        case.why = (
            "the socket was disconnected at this end: connect() with "
            "AF_UNSPEC, or shutdown() before a connect had its answer"
        )
        case.try_ = (
            "look for it in this program, or in another process that has the "
            "socket"
        )
    elif info is not None and info.is_listening:
        case.why = "this socket listens: it has no peer of its own"
        case.try_ = "read from and write to what accept() gives"
    elif info is not None and info.state is TcpState.SYN_SENT:
        case.why = f"the connect to {case.peer} is still under way"
        case.try_ = (
            "wait until the socket is writable, then ask `take_error()`"
        )
    elif info is not None and info.was_established:
        case.why = f"the connection to {case.peer} has ended"
        case.try_ = "look for the first failure of this connection"


def shut_here(case: Case) -> None:
    """The read side was shut down by this program."""
    see_delivery(case)


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
    see_delivery(case)


def reset_idle(case: Case) -> None:
    """The peer's data is the newest, or as new as can be told."""
    idle = case.error.idle
    if idle is None:
        return
    case.why = (
        f"the connection to {case.peer} was reset; the newest data was the "
        f"peer's, {ago(round(idle * 1000))}: it lay unused, or the answer "
        "broke off"
    )
    see_delivery(case)


def reset_unanswered(case: Case) -> None:
    """Ours is."""
    age = _last_sent(case.info)
    case.why = (
        f"the connection to {case.peer} was reset; the newest data was this "
        f"program's{age}, and it got no answer"
    )
    see_delivery(case)


def reset_at_once(case: Case) -> None:
    """None in either direction."""
    age = None if case.info is None else case.info.last_ack_recv_ms
    after = "" if age is None else f", last heard of {ago(age)}"
    case.why = (
        f"the connection to {case.peer} was reset before any data went "
        f"either way{after}"
    )
    see_delivery(case)


def reset(case: Case) -> None:
    """Whose data was the newest cannot be told."""
    case.why = f"the connection to {case.peer} was reset"
    info, idle = case.info, case.error.idle
    if info is None or idle is None:
        return
    case.why += (
        f"; the newest data was {ago(round(idle * 1000))}, and whether it "
        "was the peer's or this program's cannot be told"
    )
    see_delivery(case)


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
    see_delivery(case)


def killed(case: Case) -> None:
    """SOCK_DESTROY."""
    see_delivery(case)


def silent(case: Case) -> None:
    """The kernel gave up on a silent peer."""
    info = case.info
    if info is None:
        return
    case.why = f"{case.host} stopped answering, and the kernel gave up"
    silence = heard(info)
    if silence is not None:
        case.why += f": it was last heard of {ago(silence)}"
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
    see_delivery(case)


def window_closed_for_good(case: Case) -> None:
    """It answered, and took no data."""
    case.why = (
        f"the program at {case.peer} took no data until the kernel gave up; "
        "its host answered all the time"
    )
    see_delivery(case)


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
    see_delivery(case)


def transfer_failed(case: Case) -> None:
    """An errno without a row."""
    case.why = f"{case.error.call or 'the call'} failed: {_said(case)}"


def _said(case: Case) -> str:
    number = case.error.errno
    return os.strerror(number) if number else printable(case.error)


def _last_sent(info: TcpInfo | None) -> str:
    age = None if info is None else info.last_data_sent_ms
    return "" if age is None else f", sent {ago(age)}"


LOOKS: dict[str, tuple[Look, ...]] = {}
TELLS = {
    "not-connected": not_connected,
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
    "transfer-other": transfer_failed,
}
