"""The three readings that every exception carries, taken together."""

from __future__ import annotations

from pysock.raw.calls import ffi, lib, to_tuple
from pysock.tcp.info import TcpInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Address = tuple[Any, ...] | None

_SNAPSHOT = ffi.typeof("struct pysock_snapshot *")
# C says how much of it is filled.
_allocate = ffi.new_allocator(should_clear_after_alloc=False)
_buffer = ffi.buffer
_read = lib.pysock_snapshot
_struct = "struct pysock_snapshot"
_INFO = ffi.offsetof(_struct, "tcp_info")
_HERE = ffi.offsetof(_struct, "local", "ip")
# As the bytes of a snapshot have them; the peer's family comes first.
_NO_FAMILY, _ANY_ADDRESS = bytes(4), bytes(16)

# Of a reading that was reset: so many bytes of it are kept.
_LEFT, _NO_STATE = 3, 0xFF


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


def after_connect(
    fd: int, *, keeps: bool
) -> tuple[TcpInfo | None, Address, Address]:
    """Take the same after a connect that failed, without what is no more.

    A blocking connect(2), and one that brings the verdict of an earlier one,
    lets go of the peer and of this end's address, and resets TCP_INFO. State
    and retransmissions are true; the bytes behind them would say that nothing
    was ever sent. The one between them, which has been reset too, becomes a
    number that stands for no state of congestion control.

    Args:
        fd: the socket.
        keeps: whether it lets go of nothing, for another reason than that
            there still is a peer.
    """
    out = _allocate(_SNAPSHOT)
    _read(fd, out)
    length = out.length
    # One copy, of which only what is true is decoded.
    content = _buffer(out)[:]
    reading = content[_INFO : _INFO + length] if length > 0 else None
    peer = None if content[:4] == _NO_FAMILY else to_tuple(out.peer)
    here = None
    if keeps or peer is not None:
        here = to_tuple(out.local)
    else:
        if content[_HERE : _HERE + 16] != _ANY_ADDRESS:
            here = to_tuple(out.local)
        if length > _LEFT and reading is not None:
            reading = bytes((reading[0], _NO_STATE, reading[2]))
    info = None if reading is None else TcpInfo(reading)
    return info, peer, here
