"""accept_many: what is waiting in the queue, in one C call."""

from __future__ import annotations

import _socket
import time
from errno import EAGAIN, EINTR
from math import ceil
from operator import index
from struct import Struct
from sys import modules

from pysock._accept import accept_failure
from pysock._transfer import TransferSocket
from pysock.raw._calls import (
    AF_INET,
    AF_INET6,
    LONGEST_POLL_MS,
    READABLE,
    ffi,
    lib,
    milliseconds_left,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pysock._socket import socket
    from pysock.raw._calls import CData

_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
_family = _socket.socket.family.__get__
_type = _socket.socket.type.__get__
_proto = _socket.socket.proto.__get__
_new = _socket.socket.__new__
_init = _socket.socket.__init__
_accept_many = lib.pysock_accept_many
_string, _NULL = ffi.string, ffi.NULL

# See _socket.py: where a replaced `pysock.socket` is looked up.
_public = modules["pysock"].__dict__

# The C side writes what it says it took, so nothing need be cleared for it.
_allocate = ffi.new_allocator(should_clear_after_alloc=False)
_BATCH = ffi.typeof("struct pysock_accepted[]")
_HOSTS = ffi.typeof("char[]")
_LONGEST_HOST = 46

# struct pysock_accepted, of which an IPv4 address needs two fields.
_IPV4 = Struct("=ii16x")
_IPV6 = Struct("=iiII8x")
_SEEN = Struct("=i12xii")
_FD = Struct("=i20x")

# Bounds the memory of one call; no queue is asked for more at a time.
_MOST = 1024


class Batch:
    """Room for calls of `pysock_accept_many`, and what the last one wrote."""

    __slots__ = ("_bytes", "_hosts", "_out", "_room", "count", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._room = min(limit, _MOST)
        self._out = _allocate(_BATCH, self._room)
        self._bytes = ffi.buffer(self._out)
        self._hosts = _allocate(_HOSTS, self._room * _LONGEST_HOST)
        self.count = 0

    def take(self, fd: int, timeout_ms: int, look: CData = _NULL) -> int:
        """Fill it; the count, or a negative errno. May wait for the first."""
        self.count = taken = _accept_many(
            fd, timeout_ms, self._room, self._out, self._hosts, look
        )
        return taken

    def sockets(
        self, listener: Any, kind: tuple[int, int, int]
    ) -> list[tuple[socket, Any]]:
        """Make the objects. If that fails, nothing of the batch stays open."""
        family, type, proto = kind
        public = _public["socket"]
        if public is not modules["pysock._socket"].socket:
            return self._replaced_sockets(listener, family)
        # What its __init__ does, without the detours; as in accept.
        made: list[tuple[socket, Any]] = []
        add = made.append
        sock = None
        try:
            for fd, address in self._addresses(family):
                sock = _new(public)
                _init(sock, family, type, proto, fd)
                sock._io_refs = 0
                sock._closed = False
                add((sock, address))
        except BaseException:
            left = [fd for (fd,) in self._read(_FD)][len(made) :]
            # The last one may have an object, and is not to be closed twice.
            if sock is not None and left and _fileno(sock) == left[0]:
                sock.detach()
            self._close(left, made)
            raise
        return made

    def _replaced_sockets(
        self, listener: Any, family: int
    ) -> list[tuple[socket, Any]]:
        """The same when a test has put another class into `pysock.socket`."""
        made: list[tuple[socket, Any]] = []
        try:
            for fd, address in self._addresses(family):
                made.append((listener._accepted(fd), address))
        except BaseException:
            # The one that failed is closed by who failed to make it.
            left = [fd for (fd,) in self._read(_FD)][len(made) + 1 :]
            self._close(left, made)
            raise
        return made

    def _close(self, left: list[int], made: list[tuple[socket, Any]]) -> None:
        for fd in left:
            lib.pysock_close(fd)
        for sock, _ in made:
            sock.close()

    def _addresses(self, family: int) -> Iterable[tuple[int, Any]]:
        """Each descriptor, with its peer's address."""
        text = _string(self._hosts).decode()
        if self.count == 1:
            # Nearly always so, in a server that keeps up.
            layout = _IPV4 if family == AF_INET else _IPV6
            fd, *rest = layout.unpack_from(self._bytes)
            return ((fd, (text, *rest)),)
        hosts = text.split("\n")
        if family == AF_INET:
            fds, ports = self._columns(_IPV4)
            return zip(fds, zip(hosts, ports, strict=True), strict=True)
        fds, *rest = self._columns(_IPV6)
        return zip(fds, zip(hosts, *rest, strict=True), strict=True)

    def _columns(self, layout: Struct) -> Iterator[tuple[int, ...]]:
        return zip(*self._read(layout), strict=True)

    def seen(self) -> Iterator[tuple[int, int, int]]:
        """Descriptor, wait in ms (-1: not sampled), whether it was dead."""
        return self._read(_SEEN)

    def _read(self, layout: Struct) -> Iterator[Any]:
        size = self.count * layout.size
        return layout.iter_unpack(ffi.buffer(self._out, size))


class AcceptManySocket(TransferSocket):
    """The part of class socket that accepts in batches."""

    __slots__ = ()

    # What accept makes, and a batch for the next call; unset before the first.
    _kind: tuple[int, int, int]
    _spare: list[Batch]

    def accept_many(self, limit: int = 64) -> list[tuple[socket, Any]]:
        """Take the connections that are waiting, in one C call.

        Waits for the first as the timeout says, and never for a second.

        Args:
            limit: how many at most, 1 or more. More than 64 buy hardly
                anything; 1024 is the most that one call takes.

        Returns:
            pairs of connection and peer's address, one at least.

        Raises:
            AcceptWouldBlockError: non-blocking, queue empty (`EAGAIN`).
            AcceptTimeoutError: the timeout ran out (`ETIMEDOUT`).
            DescriptorLimitError: `EMFILE`, `ENFILE`; the connections stay
                queued, so do not spin.
            ResourceLimitError: `ENOBUFS`, `ENOMEM`.
            AcceptAbortedError: `ECONNABORTED`, `EPROTO`; go on.
            AcceptError: any other errno (`EINVAL`: not listening).
            ClosedSocketError: the socket is closed (`EBADF`).
            ValueError: the limit is less than 1.

        An error after the first connection ends the batch and is raised by
        the next call, if it still holds: what was accepted is never lost.

        If other threads or processes accept from the same queue, give the
        listener a timeout: without one its descriptor blocks, and they may
        take a connection just when this call has seen it.
        """
        limit = index(limit)
        if limit < 1:
            raise ValueError("the limit is 1 or more")
        kind = self._accepts()
        if kind[0] != AF_INET and kind[0] != AF_INET6:
            return self._accept_many_standard(limit)
        try:
            # Taken out: no other thread gets the same one.
            batch = self._spare.pop()
        except (AttributeError, IndexError):
            batch = Batch(limit)
        if batch.limit != limit:
            batch = Batch(limit)
        timeout = _gettimeout(self)
        if timeout is None:
            taken = batch.take(_fileno(self), -1)
            # A signal's handler has run by now: wait again (PEP 475).
            while taken == -EINTR:
                taken = batch.take(_fileno(self), -1)
        elif timeout == 0:
            taken = batch.take(_fileno(self), 0)
        else:
            taken = self._take_waiting(batch, timeout)
        if taken < 0:
            raise accept_failure(self, -taken, timeout, timeout)
        made = batch.sockets(self, kind)
        self._spare = [batch]
        return made

    def _accepts(self) -> tuple[int, int, int]:
        """What the connections are: family, type and protocol."""
        try:
            return self._kind
        except AttributeError:
            self._kind = kind = (_family(self), _type(self), _proto(self))
            return kind

    def _take_waiting(self, batch: Batch, timeout: float) -> int:
        fd = _fileno(self)
        deadline = time.monotonic() + timeout
        left = min(ceil(timeout * 1000), LONGEST_POLL_MS)
        while True:
            taken = batch.take(fd, left)
            if taken not in (-EINTR, -EAGAIN):
                return taken
            left = milliseconds_left(deadline)

    def _accept_many_standard(self, limit: int) -> list[tuple[socket, Any]]:
        """One by one: of this family the kernel does not count the queue."""
        taken: list[tuple[Any, Any]] = [self.accept()]
        while (
            len(taken) < limit
            and lib.pysock_wait(_fileno(self), READABLE, 0) == READABLE
        ):
            try:
                taken.append(self.accept())
            except OSError:
                # The next call meets it again.
                break
        return taken
