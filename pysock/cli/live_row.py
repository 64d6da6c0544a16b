"""One socket in the live view of `pysock watch`: how bad it is, its cells."""

from __future__ import annotations

from pysock.cli.fitted import Column
from pysock.cli.orders import ORDERS as OF_ENTRIES
from pysock.cli.orders import by_severity
from pysock.cli.reading import amount
from pysock.cli.trouble import trouble
from pysock.errors import show_address
from pysock.explain.finding import DOUBTFUL
from pysock.explain.words import duration, many, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.cli.recording import Reading

COLUMNS = (
    Column("state", 2),
    Column("local", 1),
    Column("remote", 0),
    Column("recv-q", 6),
    Column("send-q", 5),
    Column("rtt", 7),
    Column("cwnd", 10),
    Column("flight", 11),
    Column("delivery", 9),
    Column("retrans", 8),
    Column("trouble", 3, 26),
    Column("process", 4, 16),
)


def _of_entry(name: str) -> Callable[[Reading], Any]:
    order = OF_ENTRIES[name]
    return lambda reading: order(reading.entry)


ORDERS: dict[str, Callable[[Reading], Any]] = {
    "trouble": lambda reading: by_severity(reading.entry, *verdict(reading)),
    "state": _of_entry("state"),
    "remote": _of_entry("remote"),
    "recv-q": _of_entry("recv-q"),
    "send-q": _of_entry("send-q"),
    "rtt": _of_entry("rtt"),
    "delivery": _of_entry("delivery"),
    "retrans": _of_entry("retrans"),
}


def verdict(reading: Reading) -> tuple[str | None, str]:
    """How bad a socket is and what: from one look, or two."""
    severity, words = trouble(reading.entry)
    if reading.queue_wait_ms:
        wait = f"oldest waits {duration(reading.queue_wait_ms / 1000)}"
        words = f"{words}, {wait}" if words else wait
    if not words and reading.hold_up is not None:
        return severity or DOUBTFUL, reading.hold_up.kind.replace("_", " ")
    return severity, words


def cells(reading: Reading, held: dict[int, str]) -> tuple[str, ...]:
    """A text for each column.

    Args:
        reading: of the socket.
        held: who holds which inode.
    """
    entry, info = reading.entry, reading.entry.tcp_info
    return (
        str(entry.state),
        show_address(entry.local),
        show_address(entry.remote) if entry.remote_port else "*",
        amount(entry.recv_queue, entry.state),
        amount(entry.send_queue, entry.state),
        _shown(info, "rtt_us", _milliseconds),
        _shown(info, "snd_cwnd", "{:,}".format),
        _shown(info, "unacked", "{:,}".format),
        _shown(info, "delivery_rate", _rate),
        _shown(info, "total_retrans", "{:,}".format),
        verdict(reading)[1] or "-",
        held.get(entry.inode, "-"),
    )


def ends(reading: Reading) -> str:
    """Both of its ends, this one first."""
    entry = reading.entry
    return f"{show_address(entry.local)} {show_address(entry.remote)}"


def last_words(reading: Reading) -> str:
    """What it carried, as far as that is known."""
    info = reading.entry.tcp_info
    if info is None:
        return "died"
    known = [
        f"{word} {show(value)}"
        for word, value, show in (
            ("sent", info.bytes_sent, size),
            ("received", info.bytes_received, size),
            ("retransmitted", info.total_retrans, _segments),
        )
        if value is not None
    ]
    return f"died; {', '.join(known)}" if known else "died"


def _segments(count: int) -> str:
    return many(count, "segment")


def _shown(info: Any, name: str, show: Callable[[int], str]) -> str:
    """A field of TCP_INFO; a listener has no numbers of a connection."""
    if info is None or info.is_listening:
        return "-"
    value = getattr(info, name)
    return "-" if value is None else show(value)


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / 1000:.3f} ms"


def _rate(per_second: int) -> str:
    return f"{size(per_second)}/s" if per_second else "0"
