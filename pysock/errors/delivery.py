"""How much of what was written has reached the peer's kernel.

The kernel's numbers prove one thing only: what is acknowledged has reached
the peer's kernel, or that of a proxy. What is not acknowledged may have been
read all the same: a peer that reads and resets before its delayed ACK, or
that half-closes, reads and then resets, leaves the same picture as one that
never saw the data (Linux 6.18).
"""

from __future__ import annotations

from pysock.tcp.record import Record
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.tcp.info import TcpInfo

# States in which our own FIN is on its way, or has arrived.
FIN_SENT = (
    TcpState.FIN_WAIT1,
    TcpState.FIN_WAIT2,
    TcpState.CLOSING,
    TcpState.LAST_ACK,
)
# The kernel's clocks of the last data and the last ACK go in ticks of 10 ms
# at most; an interval of theirs is wrong by less than two.
_TICKS_MS = 20


class Delivery(Record):
    """What the kernel knew of this program's bytes when a call failed.

    Of one connection, over its whole life: of a `sendall` that failed it
    counts what the kernel took, not what was left. Through TLS the bytes are
    those on the wire.

    Attributes:
        acknowledged: bytes that the peer's kernel, or a proxy's, has
            acknowledged; `None` before Linux 4.19.
        unacknowledged: bytes that this kernel took and nobody has
            acknowledged.
        fin_first: of the unacknowledged bytes: `True` if the peer's FIN had
            come before all of them were written, `False` if no FIN has come,
            `None` if there are none or the order cannot be told.
        verdict: `"acknowledged"` (nothing is unacknowledged),
            `"unacknowledged-after-fin"` (all that is was written after the
            peer's FIN had come), or `"unknown"`.
    """

    acknowledged: int | None
    unacknowledged: int
    fin_first: bool | None
    verdict: str


Delivery.__module__ = "pysock.errors"


def delivery(
    info: TcpInfo,
    queued: int,
    fin_came: bool | None,
    *,
    sent_fin: bool = False,
) -> Delivery:
    """Judge by the numbers of the kernel.

    Args:
        info: a reading of the connection.
        queued: SIOCOUTQ of the same moment.
        fin_came: whether the peer's FIN has come; `None` if not known.
        sent_fin: whether this program has shut its write side down: it said
            so, or the state does (`FIN_SENT`).
    """
    if queued and sent_fin:
        # Our own FIN counts as a byte. It is the last one: if anything is
        # unacknowledged, it is.
        queued -= 1
    taken = _taken(info)
    acknowledged = None if taken is None else max(taken - queued, 0)
    if not queued:
        return Delivery(acknowledged, 0, None, "acknowledged")
    first = fin_came
    if fin_came and not _sent_after_the_fin(info):
        first = None
    return Delivery(acknowledged, queued, first, _verdict(first))


def after_end(told: Delivery, info: TcpInfo, at_end: TcpInfo) -> Delivery:
    """Judge anew, since the end of the stream had been read before.

    Args:
        told: what the kernel's numbers say.
        info: the reading that they belong to.
        at_end: one of the same connection, taken when `recv` met the end of
            the stream.
    """
    then, now = _taken(at_end), _taken(info)
    if then is None or now is None:
        return told
    if not 0 < told.unacknowledged <= now - then:
        return told
    # The last bytes of the stream, all written after its end was read.
    return told._replace(fin_first=True, verdict=_verdict(True))


def _verdict(first: bool | None) -> str:
    return "unacknowledged-after-fin" if first else "unknown"


def _taken(info: TcpInfo) -> int | None:
    """Bytes that this kernel took from the program."""
    sent, again, waiting = (
        info.bytes_sent,
        info.bytes_retrans,
        info.notsent_bytes,
    )
    if sent is None or again is None or waiting is None:
        return None
    return sent - again + waiting


def _sent_after_the_fin(info: TcpInfo) -> bool:
    """Whether the clocks prove it: no data was on its way when the FIN came.

    The FIN is not newer than the last ACK, which every segment carries. Data
    older than it would have been sent again by now, or is all there is.
    """
    sent, acked = info.last_data_sent_ms, info.last_ack_recv_ms
    if sent is None or acked is None or info.rto_us is None:
        return False
    if info.total_retrans or info.notsent_bytes or info.probes:
        return False
    after = acked - sent  # how long after the last ACK the last data was sent
    if info.data_segs_out == 1:
        return after > 0
    return after > info.rto_us / 1000 + _TICKS_MS
