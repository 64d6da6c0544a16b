"""The readings that exceptions carry, taken together."""

from __future__ import annotations

from _socket import SO_PROTOCOL, SOL_SOCKET
from _struct import Struct, calcsize  # struct is one file more

from pysock.raw.calls import ffi, lib, read_tcp_info, to_tuple
from pysock.tcp.info import TcpInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.raw.calls import CData

    Address = tuple[Any, ...] | None

_SNAPSHOT = ffi.typeof("struct pysock_snapshot *")
_FAILED = ffi.typeof("struct pysock_failed_connect *")
# C says how much of it is filled.
_allocate = ffi.new_allocator(should_clear_after_alloc=False)
_buffer = ffi.buffer
_read = lib.pysock_snapshot
_read_failed = lib.pysock_failed_connect


def _fields(struct: str, *fields: tuple[str, str]) -> Struct:
    """Read some of a struct's fields at once, given in their order."""
    layout, end = "=", 0
    for kind, path in fields:
        at = ffi.offsetof(struct, *path.split("."))
        layout += f"{at - end}x{kind}"
        end = at + calcsize(f"={kind}")
    return Struct(layout)


_INFO = ffi.offsetof("struct pysock_snapshot", "tcp_info")
_seen = _fields(
    "struct pysock_failed_connect",
    ("i", "socket.peer.family"),
    ("16s", "socket.local.ip"),
    ("i", "socket.length"),
    ("BxB", "socket.tcp_info"),
    ("Q", "network"),
    ("i", "has_message"),
).unpack_from
_ANY_ADDRESS = bytes(16)
_IPPROTO_MPTCP = 262

# Of a reading that was reset: so many bytes of it are kept.
_LEFT, _NO_STATE = 3, 0xFF
# Readings of three bytes, one of each: nearly all are of two or three kinds.
_left: dict[tuple[int, int], TcpInfo] = {}


def snapshot(fd: int) -> tuple[TcpInfo | None, Address, Address]:
    """Take TCP_INFO, the peer's and this end's address; `None` each if none.

    The peer also when the connection is dead. Never blocks.
    """
    out = _allocate(_SNAPSHOT)
    _read(fd, out)
    length = out.length
    info = None
    if length > 0:
        info = TcpInfo(_buffer(out)[_INFO : _INFO + length])
    return info, to_tuple(out.peer), to_tuple(out.local)


def of_transfer(fd: int) -> tuple[TcpInfo | None, Address, Address]:
    """The same of a connection, for a read or write.

    An MPTCP socket has no reading: what it gives is that of its first
    subflow, which may be over or idle while the data takes another one.
    """
    info, peer, here = snapshot(fd)
    return None if info is None or is_mptcp(fd) else info, peer, here


def info_of_transfer(fd: int) -> TcpInfo | None:
    """The reading of it alone."""
    raw = read_tcp_info(fd)
    return None if isinstance(raw, int) or is_mptcp(fd) else TcpInfo(raw)


def is_mptcp(fd: int) -> bool:
    """Whether the kernel has it as MPTCP, whatever was asked for."""
    value = ffi.new("int *")
    known = lib.pysock_get_option(fd, SOL_SOCKET, SO_PROTOCOL, value) == 0
    return known and value[0] == _IPPROTO_MPTCP


def after_connect(
    fd: int, *, keeps: bool
) -> tuple[TcpInfo | None, Address, Address, CData | None, int | None]:
    """Take all that a connect that failed leaves, without what is no more.

    A blocking connect(2), and one that brings the verdict of an earlier one,
    lets go of the peer and of this end's address, and resets TCP_INFO. State
    and retransmissions are true; the bytes behind them would say that nothing
    was ever sent. The one between them, which has been reset too, becomes a
    number that stands for no state of congestion control.

    Args:
        fd: the socket.
        keeps: whether it lets go of nothing, for another reason than that
            there still is a peer.

    Returns:
        the three, the first message of the error queue, and the number of
        the network namespace; each `None` if there is none.
    """
    out = _allocate(_FAILED)
    _read_failed(fd, out)
    family, ip, length, state, retransmits, network, has_message = _seen(
        _buffer(out)
    )
    peer = to_tuple(out.socket.peer) if family else None
    here = info = None
    if keeps or peer is not None:
        here = to_tuple(out.socket.local)
        if length > 0:
            info = TcpInfo(_buffer(out)[_INFO : _INFO + length])
    else:
        if ip != _ANY_ADDRESS:
            here = to_tuple(out.socket.local)
        if length >= _LEFT:
            info = _left.get((state, retransmits))
            if info is None:
                info = TcpInfo(bytes((state, _NO_STATE, retransmits)))
                _left[state, retransmits] = info
    message = out.message if has_message == 1 else None
    return info, peer, here, message, network or None
