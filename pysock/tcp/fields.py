"""The fields of TCP_INFO: where each is, its unit, since when, what it says.

Offsets are those of `struct tcp_info` (include/uapi/linux/tcp.h), which only
grows at its end; "since" is the kernel release that added the field.
"""

from __future__ import annotations

from _struct import Struct  # struct is one file more to load

from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum
    from typing import Any, TypeVar, overload

    Member = TypeVar("Member", bound=IntEnum)

U8, U16 = Struct("=B"), Struct("=H")
U32, U64 = Struct("=I"), Struct("=Q")

# The kernel's "not set" values (linux/tcp.h, net/tcp.h).
INFINITE_SSTHRESH = 0x7FFFFFFF
NO_SAMPLE = 0xFFFFFFFF
UNLIMITED = 0xFFFFFFFFFFFFFFFF

# What the kernel fills in on a listener; the rest is 0 there and means nothing
# (seen on 6.18). `unacked` and `sacked` are the accept queue and its limit.
_LISTENER_FIELDS = frozenset({"unacked", "sacked"})

# Clocks that count from boot until the handshake is over (seen on 6.18).
SINCE_HANDSHAKE = frozenset(
    {"last_data_sent_ms", "last_data_recv_ms", "last_ack_recv_ms"}
)


class Field(property):
    """One field: where it is, and which value means "not set".

    A property, because the interpreter reads one in half the time that a
    `__get__` in Python takes.

    Attributes:
        name: the attribute's name.
        offset: of its first byte.
        size: how many bytes it takes.
        unit: "us", "ms", "bytes", "bytes/s", "segments", "count" or "bits".
        since: the kernel release that added it.
        none: the value that stands for "not set", or `None`.
    """

    def __init__(
        self,
        offset: int,
        width: Struct,
        unit: str,
        since: str,
        doc: str,
        *,
        none: int | None = None,
    ) -> None:
        self.offset = offset
        self.size: int = width.size
        self._unpack = width.unpack_from
        self.unit = unit
        self.since = since
        self.none = none
        self.name: str = ""
        self._doc = doc

    def take_name(self, name: str) -> None:
        """Become what reads the field of a name.

        Not `__set_name__`: what a signal's handler raises in there Python
        3.11 turns into a RuntimeError.
        """
        self.name = name
        super().__init__(self._reader())
        # The class has one already, which would be found first.
        self.__doc__ = self._doc

    def _reader(self) -> Callable[[TcpFields], int | None]:
        """Make the function that reads it, of local names only."""
        offset, end, none = self.offset, self.offset + self.size, self.none
        unpack, listening = self._unpack, TcpState.LISTEN.value
        on_listeners = self.name in _LISTENER_FIELDS

        def read(info: TcpFields) -> int | None:
            raw = info._raw
            if len(raw) < end or (raw[0] == listening and not on_listeners):
                return None
            value: int = unpack(raw, offset)[0]
            return None if value == none else value

        def read_if_established(info: TcpFields) -> int | None:
            return read(info) if info.was_established else None

        if self.name in SINCE_HANDSHAKE:
            return read_if_established
        return read

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, info: None, owner: type) -> Field: ...
        @overload
        def __get__(self, info: TcpFields, owner: type) -> int | None: ...
        def __get__(self, info: Any, owner: type) -> Any: ...


class Counter(Field):
    """A field that only ever grows."""


def named(kind: type[Member], number: int) -> Member | None:
    """Name a number, unless a newer kernel or garbage made it up."""
    try:
        return kind(number)
    except ValueError:
        return None


class TcpFields:
    """A reading's bytes: its state, and the fields that are whole numbers."""

    __slots__ = ("_raw",)

    _raw: bytes

    @property
    def state(self) -> TcpState | None:
        """TCP state; `None` for a number that is none."""
        return named(TcpState, self._raw[0])

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
        # A field that is cut in half is none.
        return (len(raw) >= 72 and any(raw[68:72])) or (
            len(raw) >= 196 and any(raw[192:196])
        )

    # fmt: off
    # A table: a field takes two lines, what it is and what it says.
    retransmits: Field = Field(2, U8, "count", "2.4",
        "Timeouts of the segment at the head of the queue, not yet acked.")
    probes: Field = Field(3, U8, "count", "2.4",
        "Unanswered zero-window or keepalive probes.")
    backoff: Field = Field(4, U8, "count", "2.4",
        "How often the timer has been doubled.")
    options: Field = Field(5, U8, "bits", "2.4",
        "Options negotiated; see option_names.")
    rto_us: Field = Field(8, U32, "us", "2.4",
        "Retransmission timeout.")
    ato_us: Field = Field(12, U32, "us", "2.4",
        "Delayed-ACK timeout; none before data has come.", none=0)
    snd_mss: Field = Field(16, U32, "bytes", "2.4",
        "Segment size for sending.")
    rcv_mss: Field = Field(20, U32, "bytes", "2.4",
        "Estimate of the peer's segment size.")
    unacked: Field = Field(24, U32, "segments", "2.4",
        "Segments in flight. Listener: length of the accept queue.")
    sacked: Field = Field(28, U32, "segments", "2.4",
        "Segments acked selectively. Listener: limit of the accept queue.")
    lost: Field = Field(32, U32, "segments", "2.4",
        "Segments taken for lost.")
    retrans: Field = Field(36, U32, "segments", "2.4",
        "Retransmitted segments still in flight.")
    fackets: Field = Field(40, U32, "segments", "2.4",
        "Forward-acked segments; always 0 since 4.15.")
    last_data_sent_ms: Field = Field(44, U32, "ms", "2.4",
        "Since data was last sent; since the handshake if never.")
    last_ack_sent_ms: Field = Field(48, U32, "ms", "2.4",
        "The kernel never fills this in: always None.", none=0)
    last_data_recv_ms: Field = Field(52, U32, "ms", "2.4",
        "Since data last came; since the handshake if never.")
    last_ack_recv_ms: Field = Field(56, U32, "ms", "2.4",
        "Since the last ACK came.")
    pmtu: Field = Field(60, U32, "bytes", "2.4",
        "Path MTU in use.")
    rcv_ssthresh: Field = Field(64, U32, "bytes", "2.4",
        "Slow-start limit of the receive window.")
    rtt_us: Field = Field(68, U32, "us", "2.4",
        "Smoothed round-trip time; None without a sample.", none=0)
    rttvar_us: Field = Field(72, U32, "us", "2.4",
        "Mean deviation of the round-trip time (250000 before a sample).")
    snd_ssthresh: Field = Field(76, U32, "segments", "2.4",
        "Slow-start threshold; None before the first "
        "loss.", none=INFINITE_SSTHRESH)
    snd_cwnd: Field = Field(80, U32, "segments", "2.4",
        "Congestion window.")
    advmss: Field = Field(84, U32, "bytes", "2.4",
        "Segment size that we advertised.")
    reordering: Field = Field(88, U32, "segments", "2.4",
        "Reordering distance (starts at tcp_reordering, 3).")
    rcv_rtt_us: Field = Field(92, U32, "us", "2.6",
        "Round trip as the receiver guesses it from data that "
        "came; rtt_us is the sender's.", none=0)
    rcv_space: Field = Field(96, U32, "bytes", "2.6",
        "Bytes copied to the program per round trip (buffer tuning).")
    total_retrans: Counter = Counter(100, U32, "segments", "2.6",
        "Segments retransmitted in this socket's life, SYN included.")
    pacing_rate: Field = Field(104, U64, "bytes/s", "3.15",
        "Pacing rate; None when not paced.", none=UNLIMITED)
    max_pacing_rate: Field = Field(112, U64, "bytes/s", "3.15",
        "SO_MAX_PACING_RATE; None when unlimited.", none=UNLIMITED)
    bytes_acked: Counter = Counter(120, U64, "bytes", "4.1",
        "Bytes acked by the peer; an acked SYN or FIN counts 1.")
    bytes_received: Counter = Counter(128, U64, "bytes", "4.1",
        "Bytes received in order; a FIN counts 1.")
    segs_out: Counter = Counter(136, U32, "segments", "4.2",
        "Segments sent, of all kinds.")
    segs_in: Counter = Counter(140, U32, "segments", "4.2",
        "Segments received, of all kinds.")
    notsent_bytes: Field = Field(144, U32, "bytes", "4.6",
        "Bytes in the send queue that were never sent.")
    min_rtt_us: Field = Field(148, U32, "us", "4.6",
        "Least round-trip time seen (of 5 minutes by "
        "default).", none=NO_SAMPLE)
    data_segs_in: Counter = Counter(152, U32, "segments", "4.6",
        "Data segments received.")
    data_segs_out: Counter = Counter(156, U32, "segments", "4.6",
        "Data segments sent, retransmissions included.")
    delivery_rate: Field = Field(160, U64, "bytes/s", "4.9",
        "Latest sample of the delivery rate.")
    busy_time_us: Counter = Counter(168, U64, "us", "4.10",
        "Time with data outstanding.")
    rwnd_limited_us: Counter = Counter(176, U64, "us", "4.10",
        "Part of busy_time_us held up by the peer's window.")
    sndbuf_limited_us: Counter = Counter(184, U64, "us", "4.10",
        "Part of busy_time_us held up by our send buffer.")
    delivered: Counter = Counter(192, U32, "segments", "4.18",
        "Segments delivered; the SYN counts 1.")
    delivered_ce: Counter = Counter(196, U32, "segments", "4.18",
        "Delivered segments reported with an ECN mark.")
    bytes_sent: Counter = Counter(200, U64, "bytes", "4.19",
        "Payload sent, retransmissions included.")
    bytes_retrans: Counter = Counter(208, U64, "bytes", "4.19",
        "Payload sent again.")
    dsack_dups: Counter = Counter(216, U32, "count", "4.19",
        "Duplicates that the peer reported.")
    reord_seen: Counter = Counter(220, U32, "count", "4.19",
        "Reordering events seen.")
    rcv_ooopack: Counter = Counter(224, U32, "segments", "5.4",
        "Segments received out of order.")
    snd_wnd: Field = Field(228, U32, "bytes", "5.4",
        "The peer's window, scaled.")
    rcv_wnd: Field = Field(232, U32, "bytes", "6.2",
        "Our window as advertised, scaled.")
    rehash: Counter = Counter(236, U32, "count", "6.2",
        "Attempts to find another path by a new flow hash.")
    total_rto: Counter = Counter(240, U16, "count", "6.7",
        "Retransmission timeouts, those of SYNs included.")
    total_rto_recoveries: Counter = Counter(242, U16, "count", "6.7",
        "Recoveries after such timeouts.")
    total_rto_time_ms: Counter = Counter(244, U32, "ms", "6.7",
        "Time spent in them, the running one included.")
    received_ce: Counter = Counter(248, U32, "segments", "6.18",
        "Segments received with an ECN mark.")
    delivered_e1_bytes: Counter = Counter(252, U32, "bytes", "6.18",
        "AccECN: sent bytes reported as ECT(1).")
    delivered_e0_bytes: Counter = Counter(256, U32, "bytes", "6.18",
        "AccECN: sent bytes reported as ECT(0).")
    delivered_ce_bytes: Counter = Counter(260, U32, "bytes", "6.18",
        "AccECN: sent bytes reported as CE.")
    received_e1_bytes: Counter = Counter(264, U32, "bytes", "6.18",
        "Payload received marked ECT(1).")
    received_e0_bytes: Counter = Counter(268, U32, "bytes", "6.18",
        "Payload received marked ECT(0).")
    received_ce_bytes: Counter = Counter(272, U32, "bytes", "6.18",
        "Payload received marked CE.")
    # fmt: on


for _name, _field in list(vars(TcpFields).items()):
    if isinstance(_field, Field):
        _field.take_name(_name)
