"""Questions to the kernel's table of sockets, and its answers as bytes."""

from __future__ import annotations

import os
from errno import EBADMSG, EINTR, ENOENT, ETIMEDOUT
from struct import Struct

from pysock.errors import DiagDeniedError, DiagError, error_for
from pysock.raw.calls import AF_INET6, ffi, lib
from pysock.sock_diag.filter import MAPPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.raw.calls import CData
    from pysock.sock_diag.filter import Endpoint

# The kernel makes no block longer than this (Linux 6.18).
BLOCK = 32768
# The least that an entry can take: two headers.
_MOST_ENTRIES = BLOCK // (16 + lib.PYSOCK_DIAG_HEADER)

# The kernel answers from the call itself; this only bounds a wait that should
# not be.
_PATIENCE_MS = 10_000

# Ports and addresses of struct inet_diag_sockid; then the device.
_IDENTITY = Struct("!HH16s16s")
_INTERFACE = Struct("=I")

ANY_COOKIE = 0xFFFFFFFFFFFFFFFF
_DENIED = (1, 13)  # EPERM, EACCES
_SEQUENCE = 1


def diag_error(
    call: str, number: int, hint: str = "", **carried: Any
) -> SocketError:
    """Make the exception for a question that the kernel did not answer."""
    kind = DiagDeniedError if number in _DENIED else DiagError
    text = os.strerror(number)
    if hint:
        text = f"{text} ({hint})"
    return error_for(call, number, args=(number, text), kind=kind, **carried)


class Block:
    """Some entries of an answer, in the bytes that they came in.

    Attributes:
        content: the bytes.
        starts: where each entry begins.
        ends: where it ends.
        cookies: the cookie of each.
    """

    __slots__ = ("content", "cookies", "ends", "starts")

    def __init__(
        self,
        content: bytes,
        starts: list[int],
        ends: list[int],
        cookies: list[int],
    ) -> None:
        self.content: bytes = content
        self.starts: list[int] = starts
        self.ends: list[int] = ends
        self.cookies: list[int] = cookies


class Reader:
    """A buffer for one block of answers, and what is in it."""

    __slots__ = (
        "_buffer",
        "_cookies",
        "_ends",
        "_numbers",
        "_spans",
        "_starts",
        "_status",
    )

    def __init__(self) -> None:
        self._buffer = ffi.new(f"uint8_t[{BLOCK}]")
        self._spans = ffi.new(f"uint32_t[{2 * _MOST_ENTRIES}]")
        self._cookies = ffi.new(f"uint64_t[{_MOST_ENTRIES}]")
        # The same memory; a list of it is made faster than by ffi.unpack.
        spans = memoryview(ffi.buffer(self._spans)).cast("I")
        self._starts, self._ends = spans[::2], spans[1::2]
        self._numbers = memoryview(ffi.buffer(self._cookies)).cast("Q")
        self._status = ffi.new("int *")

    def receive(
        self, fd: int, timeout_ms: int, sequence: int
    ) -> tuple[Block | None, int]:
        """Take one block from a netlink socket.

        Returns:
            the block, if it has entries, and what is next: 0 more blocks, 1
            nothing more, or a negative errno, of the kernel's answer or of
            the call.
        """
        length = lib.pysock_diag_receive(fd, timeout_ms, self._buffer, BLOCK)
        if length <= 0:
            return None, length
        count = lib.pysock_diag_split(
            self._buffer,
            length,
            sequence,
            self._spans,
            self._cookies,
            _MOST_ENTRIES,
            self._status,
        )
        if count < 0:
            return None, count
        if count == 0:
            return None, self._status[0]
        block = Block(
            bytes(ffi.buffer(self._buffer, length)),
            self._starts[:count].tolist(),
            self._ends[:count].tolist(),
            self._numbers[:count].tolist(),
        )
        return block, self._status[0]


def new_request(
    action: int, family: int, protocol: int, extensions: int
) -> CData:
    """Make a request with a sequence number, for any cookie."""
    request = ffi.new("struct pysock_diag_request *")
    request.action = action
    request.family = family
    request.protocol = protocol
    request.extensions = extensions
    request.sequence = _SEQUENCE
    request.cookie = ANY_COOKIE
    return request


def set_identity(request: CData, local: Endpoint, remote: Endpoint) -> None:
    """Ask for one socket, by its two ends."""
    for end, where in ((request.local, local), (request.remote, remote)):
        end.port = where.port
        ffi.buffer(end.ip)[0 : len(where.ip)] = where.ip
    request.interface = local.scope_id or remote.scope_id


def copy_identity(request: CData, raw: bytes, cookie: int) -> None:
    """Ask for the very socket that an entry describes."""
    identity = _IDENTITY.unpack_from(raw, 4)
    request.local.port, request.remote.port = identity[:2]
    ffi.buffer(request.local.ip)[:] = identity[2]
    ffi.buffer(request.remote.ip)[:] = identity[3]
    request.interface = _INTERFACE.unpack_from(raw, 40)[0]
    request.cookie = cookie


def has_ends(raw: bytes, local: Endpoint, remote: Endpoint) -> bool:
    """Whether an entry has these two ends, be it mapped or not."""
    sport, dport, source, destination = _IDENTITY.unpack_from(raw, 4)
    return (sport, dport) == (local.port, remote.port) and all(
        ip[: len(end.ip)] == end.ip
        or (len(end.ip) == 4 and ip == MAPPED + end.ip)
        for ip, end in ((source, local), (destination, remote))
    )


def ask(call: str, request: CData, filter: bytes = b"") -> list[Block]:
    """Put a question and collect every answer.

    Args:
        call: the public function's name, for the exception.
        request: of `new_request`.
        filter: bytecode for a dump.

    Returns:
        the blocks of the answer; those without an entry are left out.

    Raises:
        DiagError: the kernel refused, with its errno (`ENOENT`: no such
            socket, or no support for the family).
        DiagDeniedError: no permission (`EPERM`).
    """
    capacity = 88 + len(filter)
    message = ffi.new("uint8_t[]", capacity)
    length = lib.pysock_diag_build(
        request, filter, len(filter), message, capacity
    )
    if length < 0:
        raise diag_error(call, -length)
    opened: list[int] = []
    try:
        fd = open_into(opened)
        if fd < 0:
            raise diag_error(call, -fd)
        sent = lib.pysock_diag_send(fd, message, length)
        if sent < 0:
            raise diag_error(call, -sent)
        return _collect(call, fd, request)
    finally:
        # Here and not in a function, before which a handler could raise.
        for fd in opened:
            lib.pysock_close(fd)


def open_into(
    opened: list[int], groups: int = 0, receive_buffer: int = 0
) -> int:
    """Open a netlink socket; the number, or a negative errno.

    It is in the list in the same step: a signal's handler that raises just
    behind the call, which takes its time, loses no descriptor.
    """
    opened.extend(map(lib.pysock_diag_open, (groups,), (receive_buffer,)))
    return opened[-1]


def _collect(call: str, fd: int, request: CData) -> list[Block]:
    reader = Reader()
    blocks = []
    while True:
        block, status = reader.receive(fd, _PATIENCE_MS, request.sequence)
        if block is not None:
            blocks.append(block)
        if status == 1 or (request.action == lib.PYSOCK_DIAG_ONE and blocks):
            return blocks
        if status == -ENOENT and _has_no_ipv6(request):
            return []
        # A signal: its handler has run by now (PEP 475).
        if status < 0 and status != -EINTR:
            hint = _HINTS.get(-status, "")
            raise diag_error(call, -status, hint)


def _has_no_ipv6(request: CData) -> bool:
    """Whether "no such entry" means a kernel that was built without IPv6."""
    return bool(
        request.action == lib.PYSOCK_DIAG_DUMP and request.family == AF_INET6
    )


_HINTS = {
    EBADMSG: "the kernel's answer makes no sense",
    ETIMEDOUT: "the kernel did not answer",
}
