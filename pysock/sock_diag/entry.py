"""One socket of the kernel's table, decoded when it is read."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct

from pysock.errors import show_address
from pysock.raw.calls import lib
from pysock.tcp.info import TcpInfo
from pysock.tcp.record import Record
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.sock_diag.processes import Process

# struct inet_diag_msg (include/uapi/linux/inet_diag.h); ports are in network
# byte order.
_PORT = Struct("!H").unpack_from
_U16 = Struct("=H").unpack_from
_U32 = Struct("=I").unpack_from
# Two numbers, the low one first.
_COOKIE = Struct("=II").unpack_from
_MEMORY = Struct("=9I")
_SPORT, _DPORT, _INTERFACE = 4, 6, 40
# A port and, some bytes further on, its address.
_LOCAL_V4, _REMOTE_V4 = (
    Struct("!H2x4s").unpack_from,
    Struct("!H16x4s").unpack_from,
)
_LOCAL_V6, _REMOTE_V6 = (
    Struct("!H2x16s").unpack_from,
    Struct("!H16x16s").unpack_from,
)

# By the kernel's number; CLOSE for one that means nothing.
STATES: tuple[TcpState, ...] = (
    TcpState.CLOSE,
    *sorted(TcpState),
    # A kernel-internal number of a request socket, which it shows as 3.
    TcpState.SYN_RECV,
)
STATES += (TcpState.CLOSE,) * (256 - len(STATES))

# `ss`'s words for idiag_timer.
_TIMERS = (None, "on", "keepalive", "timewait", "persist")

_find = lib.pysock_diag_attribute
_INFO, _CONG = lib.PYSOCK_DIAG_INFO, lib.PYSOCK_DIAG_CONG
_SKMEMINFO = lib.PYSOCK_DIAG_SKMEMINFO
_SKV6ONLY = lib.PYSOCK_DIAG_SKV6ONLY
_MPTCP = 262


def is_link_local(ip: bytes) -> bool:
    """Whether it is of fe80::/10: only there an interface is part of it."""
    return ip[0] == 0xFE and ip[1] & 0xC0 == 0x80


def inode_of(block: bytes, start: int) -> int:
    """The inode of the entry that begins there, or 0."""
    return int(_U32(block, start + 68)[0])


class Memory(Record):
    """Memory of a socket (SK_MEMINFO): bytes, and `drops` in segments.

    Attributes:
        rmem_alloc: received and not read, with the kernel's overhead.
        rcvbuf: limit of that.
        wmem_alloc: handed to the device.
        sndbuf: limit of what is to be sent.
        fwd_alloc: kept for later use.
        wmem_queued: to be sent, or sent and not acknowledged.
        optmem: options, filters and control messages.
        backlog: came while the program was in a call on the socket.
        drops: segments that the socket threw away.
    """

    rmem_alloc: int
    rcvbuf: int
    wmem_alloc: int
    sndbuf: int
    fwd_alloc: int
    wmem_queued: int
    optmem: int
    backlog: int
    drops: int


class Entry:
    """One socket, as the kernel described it at one moment.

    What is not there is `None`: a socket in TIME_WAIT or SYN_RECV is only a
    stub in the kernel, with addresses, state, timer and cookie, and inode
    and uid 0.

    Attributes:
        protocol: 6, or 262 for MPTCP.
    """

    __slots__ = ("_block", "_end", "_owners", "_start", "protocol")

    def __init__(
        self,
        block: bytes,
        start: int,
        end: int,
        protocol: int = 6,
        owners: dict[int, tuple[Process, ...]] | None = None,
    ) -> None:
        """Decode an entry.

        Args:
            block: bytes that have it; they stay alive as long as this does.
            start: where `struct inet_diag_msg` begins, 72 bytes.
            end: where its attributes end.
            protocol: 6, or 262 for MPTCP, whose INFO is another struct.
            owners: processes by inode, if they were asked for.
        """
        # Not a copy of its own bytes: that would cost as much as all the
        # rest of listing it.
        self._block = block
        self._start = start
        self._end = end
        self.protocol: int = protocol
        self._owners = owners

    @property
    def raw(self) -> bytes:
        """The bytes of `struct inet_diag_msg` and its attributes."""
        return self._block[self._start : self._end]

    @property
    def state(self) -> TcpState:
        """TCP state. Bound but neither listening nor connected is CLOSE."""
        return STATES[self._block[self._start + 1]]

    @property
    def family(self) -> int:
        """`AF_INET` or `AF_INET6`, of the socket."""
        return self._block[self._start]

    @property
    def local(self) -> tuple[Any, ...]:
        """This end: `(host, port)`, for IPv6 with flow info and scope id."""
        start = self._start
        if self._block[start] == AF_INET:
            port, ip = _LOCAL_V4(self._block, start + _SPORT)
            return (inet_ntop(AF_INET, ip), port)
        return self._ipv6(_LOCAL_V6(self._block, start + _SPORT))

    @property
    def remote(self) -> tuple[Any, ...]:
        """The other end, likewise; of a listener the any-address, port 0."""
        start = self._start
        if self._block[start] == AF_INET:
            port, ip = _REMOTE_V4(self._block, start + _DPORT)
            return (inet_ntop(AF_INET, ip), port)
        return self._ipv6(_REMOTE_V6(self._block, start + _DPORT))

    def _ipv6(self, found: tuple[int, bytes]) -> tuple[Any, ...]:
        port, ip = found
        scope = self.interface if is_link_local(ip) else 0
        return (inet_ntop(AF_INET6, ip), port, 0, scope)

    @property
    def ends(self) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
        """What `find` wants: both ends, the second `None` for a listener."""
        return self.local, self.remote if self.remote_port else None

    @property
    def local_port(self) -> int:
        """Port of this end."""
        return int(_PORT(self._block, self._start + _SPORT)[0])

    @property
    def remote_port(self) -> int:
        """Port of the other end; 0 for a listener."""
        return int(_PORT(self._block, self._start + _DPORT)[0])

    @property
    def interface(self) -> int:
        """Index of the interface that the socket is bound to, or 0."""
        return int(_U32(self._block, self._start + _INTERFACE)[0])

    @property
    def cookie(self) -> int:
        """The kernel's number for this socket, for all of its life.

        The same from SYN_RECV to TIME_WAIT, in every reading, and what
        `getsockopt(SO_COOKIE)` gives; never used again before a reboot.
        """
        low, high = _COOKIE(self._block, self._start + 44)
        return int(high << 32 | low)

    @property
    def timer(self) -> str | None:
        """The timer that runs, in `ss`'s words; `None` if none does.

        `on` (retransmission), `keepalive` (or a closed socket that waits in
        FIN_WAIT2), `timewait`, `persist` (probes of a closed window).
        """
        number = self._block[self._start + 2]
        return _TIMERS[number] if number < len(_TIMERS) else "unknown"

    @property
    def expires_ms(self) -> int | None:
        """When it goes off (ms); `None` if none runs."""
        return (
            _U32(self._block, self._start + 52)[0]
            if self._block[self._start + 2]
            else None
        )

    @property
    def retransmits(self) -> int:
        """Retransmissions, or probes, that were not answered yet."""
        return self._block[self._start + 3]

    @property
    def recv_queue(self) -> int:
        """Bytes not read yet. Listener: connections waiting for accept."""
        return int(_U32(self._block, self._start + 56)[0])

    @property
    def send_queue(self) -> int:
        """Bytes not acknowledged yet. Listener: limit of its queue."""
        return int(_U32(self._block, self._start + 60)[0])

    @property
    def uid(self) -> int:
        """User that made the socket."""
        return int(_U32(self._block, self._start + 64)[0])

    @property
    def inode(self) -> int:
        """Number in `/proc/PID/fd`; 0 if no descriptor has the socket."""
        return inode_of(self._block, self._start)

    @property
    def tcp_info(self) -> TcpInfo | None:
        """TCP_INFO; `None` for a stub, for MPTCP, or if not asked for."""
        if self.protocol == _MPTCP:
            return None
        info = self._attribute(_INFO)
        return TcpInfo(info) if info else None

    @property
    def mptcp_info(self) -> bytes | None:
        """`struct mptcp_info` of an MPTCP socket, as the kernel gave it."""
        return self._attribute(_INFO) if self.protocol == _MPTCP else None

    @property
    def memory(self) -> Memory | None:
        """Memory in use; `None` for a stub, or if not asked for."""
        values = self._attribute(_SKMEMINFO)
        if values is None or len(values) < _MEMORY.size:
            return None
        return Memory._make(_MEMORY.unpack_from(values))

    @property
    def drops(self) -> int | None:
        """Segments that the socket threw away; `None` as `memory`."""
        values = self._attribute(_SKMEMINFO)
        if values is None or len(values) < _MEMORY.size:
            return None
        return int(_U32(values, _MEMORY.size - 4)[0])

    @property
    def congestion_control(self) -> str | None:
        """Name of the algorithm; `None` for a stub, or if not asked for."""
        name = self._attribute(_CONG)
        if name is None:
            return None
        return name.split(b"\0", 1)[0].decode(errors="replace")

    @property
    def v6only(self) -> bool | None:
        """Whether a listener on IPv6 refuses IPv4; `None` for all others."""
        value = self._attribute(_SKV6ONLY)
        return bool(value[0]) if value else None

    @property
    def processes(self) -> tuple[Process, ...] | None:
        """Who has it open; `None` if not asked for.

        Empty when nobody has (the kernel finishes a closed connection by
        itself), or nobody that this user may look into.
        """
        owners = self._owners
        return None if owners is None else owners.get(self.inode, ())

    def _attribute(self, number: int) -> bytes | None:
        block = self._block
        at = _find(block, self._start, self._end, number)
        if at == 0:
            return None
        return block[at : at - 4 + _U16(block, at - 4)[0]]

    def as_dict(self) -> dict[str, Any]:
        """Every attribute by name, ready for JSON: states as words."""
        values: dict[str, Any] = {name: getattr(self, name) for name in _NAMES}
        values["state"] = values["state"].name
        values["local"] = list(values["local"])
        values["remote"] = list(values["remote"])
        info, memory = values["tcp_info"], values["memory"]
        if info is not None:
            values["tcp_info"] = info.as_dict()
        if values["mptcp_info"] is not None:
            values["mptcp_info"] = values["mptcp_info"].hex()
        if memory is not None:
            values["memory"] = memory._asdict()
        if values["processes"] is not None:
            values["processes"] = [p._asdict() for p in values["processes"]]
        return values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entry):
            return NotImplemented
        return self.raw == other.raw and self.protocol == other.protocol

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        ends = f"{show_address(self.local)} {show_address(self.remote)}"
        return f"<Entry {self.state} {ends} cookie={self.cookie}>"


_NAMES = tuple(
    name
    for name, value in vars(Entry).items()
    if isinstance(value, property) and name not in {"ends", "raw"}
)
