"""What is told of a read or write that did not finish in time."""

from __future__ import annotations

from pysock.errors.kinds_of_call import RECEIVE
from pysock.explain.words import duration, many, times
from pysock.explain.written import ago, heard, see_delivery, see_handshake
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case, Look
    from pysock.tcp.info import TcpInfo


def timed_out_silent(case: Case) -> None:
    """The peer's host does not acknowledge."""
    info = case.info
    if info is None:
        return
    silence = heard(info)
    since = "" if silence is None else f" for {duration(silence / 1000)}"
    case.why = f"{case.host} has been silent{since}: it does not acknowledge"
    if info.retransmits:
        case.facts.append(
            f"{many(info.unacked or 0, 'segment')} unacknowledged, sent again "
            f"{times(info.retransmits)}"
        )
    if info.probes:
        case.facts.append(f"{many(info.probes, 'probe')} unanswered")
    see_delivery(case)


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
    when = "" if age is None else f" {ago(age)}"
    case.why = (
        f"{case.host} acknowledged {written}{when}, and no answer has come: "
        "its program is slow or waits for more, or the answer is lost on "
        "its way"
    )
    _see_received(case, info)
    see_handshake(case)


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
        case.facts.append(f"its host answered {ago(info.last_ack_recv_ms)}")


def timed_out_nothing(case: Case) -> None:
    """Nobody has sent anything."""
    elapsed = case.error.elapsed
    within = "" if elapsed is None else f" in {duration(elapsed)}"
    case.why = (
        f"{case.peer} sent nothing{within}, and this program has sent "
        "nothing either"
    )
    see_handshake(case)


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
        see_delivery(case)
        silence = heard(info)
        if silence is not None:
            case.facts.append(f"{case.host} was heard of {ago(silence)}")
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


def under_way(case: Case) -> None:
    """EINPROGRESS: nothing was waited for, unless the kernel did."""
    waited = case.error.elapsed
    if case.kind != "deadline" or waited is None:
        return
    case.why = (
        f"SO_SNDTIMEO of this socket ran out: no answer came from {case.peer} "
        f"in {duration(waited)}; the attempt goes on"
    )
    case.try_ = "a longer SO_SNDTIMEO, or settimeout in its place"


LOOKS: dict[str, tuple[Look, ...]] = {}
TELLS = {
    "connect-in-progress": under_way,
    "would-block": would_block,
    "timeout-peer-silent": timed_out_silent,
    "timeout-program-slow": timed_out_program,
    "timeout-window-closed": timed_out_window,
    "timeout-nothing-sent": timed_out_nothing,
    "timeout": timed_out,
}
