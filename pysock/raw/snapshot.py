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


def snapshot(fd: int) -> tuple[TcpInfo | None, Address, Address]:
    """Take TCP_INFO, the peer's and this end's address; `None` each if none.

    The peer also when the connection is dead. Never blocks.
    """
    out = _allocate(_SNAPSHOT)
    _read(fd, out)
    length = out.length
    info = None
    if length > 0:
        info = TcpInfo(_buffer(out.tcp_info)[:length])
    return info, to_tuple(out.peer), to_tuple(out.local)
