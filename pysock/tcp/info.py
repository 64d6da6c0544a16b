"""One reading of TCP_INFO: the kernel's fields, decoded when they are read.

The layout is `struct tcp_info` of include/uapi/linux/tcp.h. It grows at its
end, so a field exists when the kernel returned enough bytes, whatever the
release is called: distributions backport. The one exception is the last four
bytes, which kernel 7.0 cut up anew without changing the length.
"""

from __future__ import annotations

import os
import sys

from pysock.tcp.fields import U16, U32, Counter, Field, TcpFields, named
from pysock.tcp.state import FastOpenFailure, TcpCaState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from struct import Struct
    from typing import Any

    from pysock.tcp.stall import Stall

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


class TcpInfo(TcpFields):
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

    __slots__ = ()

    def __init__(self, raw: bytes) -> None:
        """Decode a reading.

        Args:
            raw: the bytes of `struct tcp_info`, as many as there are; 1 at
                least.

        Raises:
            TypeError: `raw` is not bytes, nor a buffer of them.
            ValueError: `raw` is empty.
        """
        if type(raw) is not bytes:
            # bytes(280) would be a reading of 280 zeros.
            raw = bytes(memoryview(raw))
        if not raw:
            raise ValueError("a TCP_INFO reading has at least one byte")
        self._raw = raw

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
    def queue_wait_ms(self) -> int | None:
        """How long an accepted connection waited in the queue (ms).

        True of a reading taken right after accept, and in steps of the
        kernel's tick (1 to 10 ms): it is the clock of the last data sent,
        which starts when the handshake is complete. With TCP_DEFER_ACCEPT or
        Fast Open that is when the first data came. `None` once this end has
        sent data, for a listener, and before the handshake is over; later,
        and on the connecting side, it is just the age of the connection.
        """
        if self.data_segs_out != 0:
            return None
        return self.last_data_sent_ms

    @property
    def ca_state(self) -> TcpCaState | None:
        """State of congestion control."""
        if len(self._raw) <= 1 or self.is_listening:
            return None
        return named(TcpCaState, self._raw[1])

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

    @property
    def accecn_fail_mode(self) -> int | None:
        """AccECN failure bits (6.18; moved in 7.0)."""
        return self._last_word(U16, 276, shift=4, bits=4)

    @property
    def accecn_opt_seen(self) -> int | None:
        """AccECN option seen: 0 no, 1 empty, 2 counters, 3 failed (6.18)."""
        return self._last_word(U16, 278, shift=2, bits=2)

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
            return (
                None
                if before is None
                else before.unpack_from(self._raw, at)[0]
            )
        (word,) = U32.unpack_from(self._raw, 276)
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
        # Loaded when asked for: most programs never do.
        from pysock.tcp.whole import all_fields

        return all_fields(self, FIELD_NAMES, kernel_release())

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
                # Those of 32 bits wrap around.
                differences[name] = (now - then) % _MODULUS[name]
        return differences

    def stall(self, earlier: TcpInfo) -> Stall | None:
        """Say why the connection does not move, in one sentence.

        Args:
            earlier: a reading of the same socket, best a second or so before
                this one.

        Returns:
            the kind of stall and the sentence: the peer does not
            acknowledge, its window is closed, our send buffer is full, this
            program does not read, or there is nothing to send. `None` while
            data moves, while it is too early to tell, and for a socket that
            is not connected.
        """
        # Loaded when asked for: most programs never do.
        from pysock.tcp.stall import find_stall

        return find_stall(self, earlier)

    def __repr__(self) -> str:
        said = []
        for name, value in self.as_dict().items():
            if value is None or value == 0 or name == "options":
                continue
            if isinstance(value, list):
                value = "|".join(value)
            said.append(f"{name}={value}")
        return f"<TcpInfo {' '.join(said)} ({len(self._raw)} bytes)>"


# Properties that the kernel has no field for.
_NO_FIELDS = {"is_listening", "queue_wait_ms", "raw", "was_established"}
_NAMES = dict.fromkeys(
    name
    for name, value in {**vars(TcpInfo), **vars(TcpFields)}.items()
    if isinstance(value, (Field, property)) and name not in _NO_FIELDS
)
# What a reader looks for first comes first.
FIELD_NAMES: tuple[str, ...] = tuple({"state": None, **_NAMES})
_MODULUS = {
    name: 1 << 8 * value.size
    for name, value in vars(TcpFields).items()
    if isinstance(value, Counter)
}
COUNTER_NAMES: tuple[str, ...] = tuple(_MODULUS)

_kernel_release: tuple[int, int] | None = None


def kernel_release() -> tuple[int, int]:
    """Version of the running kernel, as far as the layout depends on it."""
    global _kernel_release
    if _kernel_release is None:
        major, minor = os.uname().release.split(".")[:2]
        digits = "".join(c for c in minor if c.isdigit())
        _kernel_release = (int(major), int(digits or 0))
    return _kernel_release
