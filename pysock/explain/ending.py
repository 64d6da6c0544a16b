"""What is told of a stream that ended where a program wanted more."""

from __future__ import annotations

from pysock.explain.words import duration, many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case

# The kernel counts ages in ticks of 1 to 10 ms.
_TICK_MS = 10

_AGAIN = (
    "open a new connection and repeat what may be repeated; keep unused "
    "connections for less long than the server does"
)
_LOG = "read the peer's log of that moment"


def stream_ended(case: Case) -> None:
    """A read gave nothing; whether more was expected, the program knows."""
    info = case.info
    if case.error._fin_came:
        case.why = f"{case.peer} closed the connection (FIN)"
    elif case.error._reason == "session":
        case.why = (
            f"{case.peer} ended the TLS session in order; its FIN had not "
            "come yet"
        )
    else:
        case.why = (
            f"the connection to {case.peer} had ended: the peer closed it "
            "and answered with a RST what came after, or an earlier call has "
            "told how"
        )
        case.try_ = _AGAIN
    if info is None or info.last_data_sent_ms is None:
        return
    sent, came = info.last_data_sent_ms, info.last_data_recv_ms
    if not info.data_segs_out:
        case.facts.append("this program had sent nothing")
    elif not info.data_segs_in:
        case.facts.append(f"no data ever came; this program sent{_when(sent)}")
    elif came is not None and came > sent + _TICK_MS:
        case.facts.append(
            f"what this program sent{_when(sent)} got no answer; the "
            f"connection had lain unused for {duration((came - sent) / 1000)}"
        )
    elif came is not None:
        case.facts.append(f"its last data came{_when(came)}")
    advise(case)
    if info.unacked:
        case.facts.append(f"{many(info.unacked, 'segment')} unacknowledged")


def advise(case: Case, partial: int = 0) -> None:
    """Advise by how the connection was used, where that is known.

    Args:
        case: a stream that ended.
        partial: bytes of what was expected that had come.
    """
    info = case.info
    if partial:
        case.try_ = _LOG
    if partial or info is None or info.last_data_sent_ms is None:
        return
    sent, came = info.last_data_sent_ms, info.last_data_recv_ms
    if not info.data_segs_out or not info.data_segs_in:
        # There was no earlier request, so it was not kept from one.
        case.try_ = _LOG
    elif came is not None and came > sent + _TICK_MS:
        case.try_ = _AGAIN


def _when(milliseconds: int) -> str:
    if milliseconds == 0:
        return " just before"
    return f" {duration(milliseconds / 1000)} before"
