"""One TCP_INFO reading in words: what says something, grouped."""

from __future__ import annotations

from pysock.explain.words import many, size
from pysock.tcp.fields import Field
from pysock.tcp.info import TcpInfo
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.sock_diag.entry import Entry

# Each field is in one group, in the order in which a reader asks.
GROUPS: dict[str, tuple[str, ...]] = {
    "connection": (
        "state", "option_names", "pmtu", "snd_mss", "rcv_mss", "advmss",
        "snd_wscale", "rcv_wscale", "fastopen_client_fail",
        "accept_queue_length", "accept_queue_limit",
    ),
    "round trip": (
        "rtt_us", "rttvar_us", "min_rtt_us", "rcv_rtt_us", "rto_us",
        "ato_us",
    ),
    "windows": (
        "snd_cwnd", "snd_ssthresh", "snd_wnd", "rcv_wnd", "rcv_ssthresh",
        "rcv_space", "reordering", "ca_state",
    ),
    "sent": (
        "bytes_sent", "bytes_acked", "segs_out", "data_segs_out",
        "delivered", "unacked", "notsent_bytes", "last_data_sent_ms",
        "last_ack_sent_ms",
    ),
    "received": (
        "bytes_received", "segs_in", "data_segs_in", "last_data_recv_ms",
        "last_ack_recv_ms", "rcv_ooopack",
    ),
    "speed": (
        "delivery_rate", "delivery_rate_app_limited", "pacing_rate",
        "max_pacing_rate", "busy_time_us", "rwnd_limited_us",
        "sndbuf_limited_us",
    ),
    "loss": (
        "retransmits", "total_retrans", "bytes_retrans", "retrans", "lost",
        "sacked", "fackets", "probes", "backoff", "total_rto",
        "total_rto_recoveries", "total_rto_time_ms", "dsack_dups",
        "reord_seen", "rehash",
    ),
    "congestion marks": (
        "delivered_ce", "received_ce", "delivered_e1_bytes",
        "delivered_e0_bytes", "delivered_ce_bytes", "received_e1_bytes",
        "received_e0_bytes", "received_ce_bytes", "accecn_fail_mode",
        "accecn_opt_seen", "ecn_mode",
    ),
}  # fmt: skip

# Bits that another field has in words, or that nobody can read.
LEFT_OUT = frozenset({"options", "options2"})
# Of a listener these are its queue, which other fields name.
_QUEUE = frozenset({"unacked", "sacked"})

_LISTEN = int(TcpState.LISTEN)


def in_words(info: TcpInfo) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Group what a reading says.

    Returns:
        for each group that has any: its name, and (field, value with its
        unit, meaning) of the fields that are neither `None` nor 0. A field
        that the kernel never filled in says nothing, and nor does a counter
        of what did not happen.
    """
    groups = []
    for group, names in GROUPS.items():
        said = [
            (name, _show(info, name), meaning(name))
            for name in names
            if getattr(info, name)
            and not (info.is_listening and name in _QUEUE)
        ]
        if said:
            groups.append((group, said))
    return groups


def meaning(name: str) -> str:
    """What a field means, one line, without when it is `None`."""
    line = str(getattr(TcpInfo, name).__doc__).partition("\n")[0]
    for absent in ("; None ", "; `None` "):
        if absent in line:
            line = line.partition(absent)[0] + "."
    return line


def _show(info: TcpInfo, name: str) -> str:
    value: Any = getattr(info, name)
    field = getattr(TcpInfo, name)
    if isinstance(field, Field):
        if field.unit in ("bytes", "segments"):
            return many(value, field.unit.removesuffix("s"))
        unit = "" if field.unit in ("count", "bits") else f" {field.unit}"
        return f"{value:,}{unit}"
    if value is True:
        return "yes"
    if isinstance(value, tuple):
        return " ".join(value)
    return (
        str(value) if name == "state" else str(getattr(value, "name", value))
    )


def timer_in_words(entry: Entry) -> str:
    """`on 0.2 s x3`: which timer, when it goes off, after how many tries."""
    if entry.timer is None:
        return "-"
    words = f"{entry.timer} {(entry.expires_ms or 0) / 1000:.1f} s"
    return f"{words} x{entry.retransmits}" if entry.retransmits else words


def amount(queue: int, state: int) -> str:
    """A queue as a cell: most of the column is small numbers, without unit.

    Args:
        queue: bytes; of a listener connections.
        state: its number, as the kernel has it.
    """
    if not queue:
        return "0"
    if state == _LISTEN:
        return f"{queue:,}"
    return size(queue).removesuffix(" bytes").removesuffix(" byte")
