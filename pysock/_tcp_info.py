"""One reading of TCP_INFO: the kernel's fields, decoded when they are read.

The layout is `struct tcp_info` of include/uapi/linux/tcp.h. It grows at its
end, so a field exists when the kernel returned enough bytes, whatever the
release is called: distributions backport. The one exception is the last four
bytes, which kernel 7.0 cut up anew without changing the length.
"""

from __future__ import annotations

import os
import sys
from struct import Struct

from pysock._tcp_state import FastOpenFailure, TcpCaState, TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import IntEnum
    from typing import Any, TypeVar, overload

    Member = TypeVar("Member", bound=IntEnum)

_U8, _U16 = Struct("=B"), Struct("=H")
_U32, _U64 = Struct("=I"), Struct("=Q")

# The kernel's "not set" values (linux/tcp.h, net/tcp.h).
INFINITE_SSTHRESH = 0x7FFFFFFF
NO_SAMPLE = 0xFFFFFFFF
UNLIMITED = 0xFFFFFFFFFFFFFFFF

# Bits of `options` (TCPI_OPT_*), in `ss`'s words.
_OPTIONS = {
    1: "timestamps",
    2: "sack",
    4: "wscale",
    8: "ecn",
    16: "ecnseen",
    32: "fastopen",
    64: "usec_ts",
    128: "tfo_child",
}

# What the kernel fills in on a listener; the rest is 0 there and means nothing
# (seen on 6.18). `unacked` and `sacked` are the accept queue and its limit.
_LISTENER_FIELDS = frozenset({"state", "unacked", "sacked"})

# Clocks that count from boot until the handshake is over (seen on 6.18).
_SINCE_HANDSHAKE = frozenset(
    {"last_data_sent_ms", "last_data_recv_ms", "last_ack_recv_ms"}
)


def _member(kind: type[Member], number: int) -> Member | None:
    """Name a number, unless a newer kernel or garbage made it up."""
    try:
        return kind(number)
    except ValueError:
        return None


class Field:
    """One field of `TcpInfo`: where it is, and which value means "not set"."""

    def __init__(
        self,
        offset: int,
        width: Struct,
        since: str,
        unit: str,
        doc: str,
        *,
        none: int | None = None,
        counter: bool = False,
    ) -> None:
        self.offset = offset
        self.end = offset + width.size
        self._unpack = width.unpack_from
        self.since = since
        self.unit = unit
        self.none = none
        self.counter = counter
        self.name = ""
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:

        @overload
        def __get__(self, info: None, owner: type) -> Field: ...
        @overload
        def __get__(self, info: TcpInfo, owner: type) -> int | None: ...

    def __get__(self, info: TcpInfo | None, owner: type) -> Any:
        if info is None:
            return self
        raw = info._raw
        if len(raw) < self.end:
            return None
        if raw[0] == TcpState.LISTEN and self.name not in _LISTENER_FIELDS:
            return None
        (value,) = self._unpack(raw, self.offset)
        if value == self.none:
            return None
        if self.name in _SINCE_HANDSHAKE and not info.was_established:
            return None
        return value


class TcpInfo:
    """What the kernel says of one TCP socket (`getsockopt(TCP_INFO)`).

    Fields have the kernel's names without `tcpi_`, and the unit in the name
    where it is a time. A field is `None` where the kernel did not say: it
    returned fewer bytes (an older kernel), the field holds the kernel's "not
    set" value (no round-trip sample yet, no limit, no threshold), or the
    socket is a listener, of which only `state` and the two queue fields are
    filled in. 0 is always a 0 that the kernel meant.

    A reading is immutable, keeps its bytes in `raw`, pickles, and compares by
    its bytes. Decoding happens when a field is read.
    """

    __slots__ = ("_raw",)

    _raw: bytes

    def __init__(self, raw: bytes) -> None:
        """Decode a reading.

        Args:
            raw: the bytes of `struct tcp_info`, as many as there are; 1 at
                least.

        Raises:
            ValueError: `raw` is empty.
        """
        if not raw:
            raise ValueError("a TCP_INFO reading has at least one byte")
        self._raw = bytes(raw)

    @property
    def raw(self) -> bytes:
        """The bytes of `struct tcp_info` as the kernel gave them."""
        return self._raw

    def __reduce__(self) -> tuple[type[TcpInfo], tuple[bytes]]:
        return (TcpInfo, (self._raw,))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TcpInfo):
            return NotImplemented
        return self._raw == other._raw

    def __hash__(self) -> int:
        return hash(self._raw)

    @property
    def state(self) -> TcpState | None:
        """TCP state; `None` for a number that is none."""
        return _member(TcpState, self._raw[0])

    @property
    def is_listening(self) -> bool:
        """Whether this is a reading of a listener."""
        return self._raw[0] == TcpState.LISTEN

    @property
    def was_established(self) -> bool:
        """Whether the handshake was ever finished.

        A finished handshake leaves a round-trip sample or a delivered SYN
        behind, also after the connection has died.
        """
        raw = self._raw
        rtt = raw[68:72]
        delivered = raw[192:196]
        return (len(rtt) == 4 and rtt != bytes(4)) or (
            len(delivered) == 4 and delivered != bytes(4)
        )

    @property
    def accept_queue_length(self) -> int | None:
        """Connections waiting for accept; `None` if not a listener."""
        return self.unacked if self.is_listening else None

    @property
    def accept_queue_limit(self) -> int | None:
        """The backlog in force, min(listen's, somaxconn); `None` likewise.

        The queue is full when its length is greater than this: it holds one
        more than the limit says.
        """
        return self.sacked if self.is_listening else None

    @property
    def ca_state(self) -> TcpCaState | None:
        """State of congestion control."""
        if len(self._raw) <= 1 or self.is_listening:
            return None
        return _member(TcpCaState, self._raw[1])

    @property
    def option_names(self) -> tuple[str, ...] | None:
        """What was negotiated, in `ss`'s words ("sack", "wscale", ...)."""
        bits = self.options
        if bits is None:
            return None
        return tuple(name for bit, name in _OPTIONS.items() if bits & bit)

    @property
    def snd_wscale(self) -> int | None:
        """Window scale of the peer (bits to shift, 0-14)."""
        return self._bits(6, 0, 4)

    @property
    def rcv_wscale(self) -> int | None:
        """Window scale of ours (bits to shift, 0-14)."""
        return self._bits(6, 4, 4)

    @property
    def delivery_rate_app_limited(self) -> bool | None:
        """Whether `delivery_rate` was limited by the application (4.9)."""
        bit = self._bits(7, 0, 1) if len(self._raw) >= 168 else None
        return None if bit is None else bool(bit)

    @property
    def fastopen_client_fail(self) -> FastOpenFailure | None:
        """Why Fast Open failed (5.5; 0 before that and without it)."""
        value = self._bits(7, 1, 2) if len(self._raw) >= 232 else None
        return None if value is None else FastOpenFailure(value)

    retransmits = Field(2, _U8, "2.4", "count", "Timeouts of the segment at the head of the queue, not yet acked.")
    probes = Field(3, _U8, "2.4", "count", "Unanswered zero-window or keepalive probes.")
    backoff = Field(4, _U8, "2.4", "count", "How often the timer has been doubled.")
    options = Field(5, _U8, "2.4", "bits", "Options negotiated; see option_names.")
    rto_us = Field(8, _U32, "2.4", "us", "Retransmission timeout.")
    ato_us = Field(12, _U32, "2.4", "us", "Delayed-ACK timeout; none before data has come.", none=0)
    snd_mss = Field(16, _U32, "2.4", "bytes", "Segment size for sending.")
    rcv_mss = Field(20, _U32, "2.4", "bytes", "Estimate of the peer's segment size.")
    unacked = Field(24, _U32, "2.4", "segments", "Segments in flight. Listener: length of the accept queue.")
    sacked = Field(28, _U32, "2.4", "segments", "Segments acked selectively. Listener: limit of the accept queue.")
    lost = Field(32, _U32, "2.4", "segments", "Segments taken for lost.")
    retrans = Field(36, _U32, "2.4", "segments", "Retransmitted segments still in flight.")
    fackets = Field(40, _U32, "2.4", "segments", "Forward-acked segments; always 0 since 4.15.")
    last_data_sent_ms = Field(44, _U32, "2.4", "ms", "Since data was last sent; since the handshake if never.")
    last_ack_sent_ms = Field(48, _U32, "2.4", "ms", "The kernel never fills this in: always None.", none=0)
    last_data_recv_ms = Field(52, _U32, "2.4", "ms", "Since data last came; since the handshake if never.")
    last_ack_recv_ms = Field(56, _U32, "2.4", "ms", "Since the last ACK came.")
    pmtu = Field(60, _U32, "2.4", "bytes", "Path MTU in use.")
    rcv_ssthresh = Field(64, _U32, "2.4", "bytes", "Slow-start limit of the receive window.")
    rtt_us = Field(68, _U32, "2.4", "us", "Smoothed round-trip time; None without a sample.", none=0)
    rttvar_us = Field(72, _U32, "2.4", "us", "Mean deviation of the round-trip time (250000 before a sample).")
    snd_ssthresh = Field(76, _U32, "2.4", "segments", "Slow-start threshold; None before the first loss.", none=INFINITE_SSTHRESH)
    snd_cwnd = Field(80, _U32, "2.4", "segments", "Congestion window.")
    advmss = Field(84, _U32, "2.4", "bytes", "Segment size that we advertised.")
    reordering = Field(88, _U32, "2.4", "segments", "Reordering distance (starts at tcp_reordering, 3).")
    rcv_rtt_us = Field(92, _U32, "2.6", "us", "The receiver's own round-trip estimate.", none=0)
    rcv_space = Field(96, _U32, "2.6", "bytes", "Bytes copied to the program per round trip (buffer tuning).")
    total_retrans = Field(100, _U32, "2.6", "segments", "Segments retransmitted in this socket's life, SYN included.", counter=True)
    pacing_rate = Field(104, _U64, "3.15", "bytes/s", "Pacing rate; None when not paced.", none=UNLIMITED)
    max_pacing_rate = Field(112, _U64, "3.15", "bytes/s", "SO_MAX_PACING_RATE; None when unlimited.", none=UNLIMITED)
    bytes_acked = Field(120, _U64, "4.1", "bytes", "Bytes acked by the peer; an acked SYN or FIN counts 1.", counter=True)
    bytes_received = Field(128, _U64, "4.1", "bytes", "Bytes received in order; a FIN counts 1.", counter=True)
    segs_out = Field(136, _U32, "4.2", "segments", "Segments sent, of all kinds.", counter=True)
    segs_in = Field(140, _U32, "4.2", "segments", "Segments received, of all kinds.", counter=True)
    notsent_bytes = Field(144, _U32, "4.6", "bytes", "Bytes in the send queue that were never sent.")
    min_rtt_us = Field(148, _U32, "4.6", "us", "Least round-trip time seen (of 5 minutes by default).", none=NO_SAMPLE)
    data_segs_in = Field(152, _U32, "4.6", "segments", "Data segments received.", counter=True)
    data_segs_out = Field(156, _U32, "4.6", "segments", "Data segments sent, retransmissions included.", counter=True)
    delivery_rate = Field(160, _U64, "4.9", "bytes/s", "Latest sample of the delivery rate.")
    busy_time_us = Field(168, _U64, "4.10", "us", "Time with data outstanding.", counter=True)
    rwnd_limited_us = Field(176, _U64, "4.10", "us", "Part of busy_time_us held up by the peer's window.", counter=True)
    sndbuf_limited_us = Field(184, _U64, "4.10", "us", "Part of busy_time_us held up by our send buffer.", counter=True)
    delivered = Field(192, _U32, "4.18", "segments", "Segments delivered; the SYN counts 1.", counter=True)
    delivered_ce = Field(196, _U32, "4.18", "segments", "Delivered segments reported with an ECN mark.", counter=True)
    bytes_sent = Field(200, _U64, "4.19", "bytes", "Payload sent, retransmissions included.", counter=True)
    bytes_retrans = Field(208, _U64, "4.19", "bytes", "Payload sent again.", counter=True)
    dsack_dups = Field(216, _U32, "4.19", "count", "Duplicates that the peer reported.", counter=True)
    reord_seen = Field(220, _U32, "4.19", "count", "Reordering events seen.", counter=True)
    rcv_ooopack = Field(224, _U32, "5.4", "segments", "Segments received out of order.", counter=True)
    snd_wnd = Field(228, _U32, "5.4", "bytes", "The peer's window, scaled.")
    rcv_wnd = Field(232, _U32, "6.2", "bytes", "Our window as advertised, scaled.")
    rehash = Field(236, _U32, "6.2", "count", "Attempts to find another path by a new flow hash.", counter=True)
    total_rto = Field(240, _U16, "6.7", "count", "Retransmission timeouts, those of SYNs included.", counter=True)
    total_rto_recoveries = Field(242, _U16, "6.7", "count", "Recoveries after such timeouts.", counter=True)
    total_rto_time_ms = Field(244, _U32, "6.7", "ms", "Time spent in them, the running one included.", counter=True)
    received_ce = Field(248, _U32, "6.18", "segments", "Segments received with an ECN mark.", counter=True)
    delivered_e1_bytes = Field(252, _U32, "6.18", "bytes", "AccECN: sent bytes reported as ECT(1).", counter=True)
    delivered_e0_bytes = Field(256, _U32, "6.18", "bytes", "AccECN: sent bytes reported as ECT(0).", counter=True)
    delivered_ce_bytes = Field(260, _U32, "6.18", "bytes", "AccECN: sent bytes reported as CE.", counter=True)
    received_e1_bytes = Field(264, _U32, "6.18", "bytes", "Payload received marked ECT(1).", counter=True)
    received_e0_bytes = Field(268, _U32, "6.18", "bytes", "Payload received marked ECT(0).", counter=True)
    received_ce_bytes = Field(272, _U32, "6.18", "bytes", "Payload received marked CE.", counter=True)

    @property
    def accecn_fail_mode(self) -> int | None:
        """AccECN failure bits (6.18; moved in 7.0)."""
        return self._last_word(_U16, 276, shift=4, bits=4)

    @property
    def accecn_opt_seen(self) -> int | None:
        """AccECN option seen: 0 no, 1 empty, 2 counters, 3 failed (6.18)."""
        return self._last_word(_U16, 278, shift=2, bits=2)

    @property
    def ecn_mode(self) -> int | None:
        """0 off, 1 RFC 3168, 2 AccECN, 3 pending (7.0)."""
        return self._last_word(None, 276, shift=0, bits=2)

    @property
    def options2(self) -> int | None:
        """Further option bits (7.0)."""
        return self._last_word(None, 276, shift=8, bits=24)

    def _last_word(
        self, before: Struct | None, at: int, *, shift: int, bits: int
    ) -> int | None:
        """Read the bytes that 7.0 cut up anew without a change in length."""
        if len(self._raw) < 280 or self.is_listening:
            return None
        if kernel_release() < (7, 0):
            return None if before is None else before.unpack_from(self._raw, at)[0]
        (word,) = _U32.unpack_from(self._raw, 276)
        if sys.byteorder == "big":
            shift = 32 - shift - bits
        return int(word >> shift & (1 << bits) - 1)

    def _bits(self, offset: int, shift: int, bits: int) -> int | None:
        """Read a C bit-field: mirrored on a big-endian machine."""
        if len(self._raw) <= offset or self.is_listening:
            return None
        if sys.byteorder == "big":
            shift = 8 - shift - bits
        return self._raw[offset] >> shift & (1 << bits) - 1

    def as_dict(self) -> dict[str, Any]:
        """Every field by name, ready for JSON: states as words, no bytes."""
        values: dict[str, Any] = {}
        for name in FIELD_NAMES:
            value = getattr(self, name)
            if isinstance(value, (TcpState, TcpCaState, FastOpenFailure)):
                value = value.name
            elif isinstance(value, tuple):
                value = list(value)
            values[name] = value
        return values

    def delta(self, earlier: TcpInfo) -> dict[str, int]:
        """How far each counter has come since an earlier reading.

        Args:
            earlier: a reading of the same socket.

        Returns:
            counter name to difference, in the counter's unit; without those
            that either reading does not have.
        """
        differences = {}
        for name in COUNTER_NAMES:
            now, then = getattr(self, name), getattr(earlier, name)
            if now is not None and then is not None:
                differences[name] = now - then
        return differences

    def __repr__(self) -> str:
        said = []
        for name, value in self.as_dict().items():
            if value is None or value == 0 or name == "options":
                continue
            if isinstance(value, list):
                value = "|".join(value)
            said.append(f"{name}={value}")
        return f"<TcpInfo {' '.join(said)} ({len(self._raw)} bytes)>"


FIELD_NAMES: tuple[str, ...] = tuple(
    name
    for name, value in vars(TcpInfo).items()
    if isinstance(value, (Field, property))
    and name not in {"is_listening", "was_established"}
)
COUNTER_NAMES: tuple[str, ...] = tuple(
    name
    for name, value in vars(TcpInfo).items()
    if isinstance(value, Field) and value.counter
)

_kernel_release: tuple[int, int] | None = None


def kernel_release() -> tuple[int, int]:
    """Version of the running kernel, as far as the layout depends on it."""
    global _kernel_release
    if _kernel_release is None:
        major, minor = os.uname().release.split(".")[:2]
        digits = "".join(c for c in minor if c.isdigit())
        _kernel_release = (int(major), int(digits or 0))
    return _kernel_release
