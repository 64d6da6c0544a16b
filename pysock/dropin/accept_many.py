"""accept_many: what is waiting in the queue, in one C call."""

from __future__ import annotations

import _socket
import time
from errno import EAGAIN, EINTR, ETIMEDOUT
from itertools import takewhile
from operator import index
from sys import modules

from pysock.dropin.in_use import close_unused, in_use, ownerless
from pysock.dropin.transfer import TransferSocket
from pysock.dropin.typed import by_handler
from pysock.late import late
from pysock.raw.calls import (
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
    from collections.abc import Iterable
    from typing import Any

    from pysock.dropin.accept import accept_failure
    from pysock.dropin.option_timeout import option_timeout
    from pysock.raw.calls import CData
else:
    late(globals(), "pysock.dropin.accept", "accept_failure")
    late(globals(), "pysock.dropin.option_timeout", "option_timeout")

_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
_family = _socket.socket.family.__get__
_type = _socket.socket.type.__get__
_proto = _socket.socket.proto.__get__
_new = _socket.socket.__new__
_init = _socket.socket.__init__
_accept = _socket.socket._accept  # type: ignore[attr-defined]
_accept_many = lib.pysock_accept_many
_set_nonblocking = lib.pysock_set_nonblocking
_string, _NULL = ffi.string, ffi.NULL

# See socket.py: where a replaced `pysock.socket` is looked up.
_public = modules["pysock"].__dict__

# The C side writes what it says it took, so nothing need be cleared for it.
_allocate = ffi.new_allocator(should_clear_after_alloc=False)
_BATCH = ffi.typeof("struct pysock_accepted[]")
_HOSTS = ffi.typeof("char[]")
_LONGEST_HOST = 46

# struct pysock_accepted as a row of numbers; each is a column of the batch.
_COLUMNS = ffi.sizeof("struct pysock_accepted") // 4

_EMPTY = (-ETIMEDOUT, -EAGAIN, -EINTR)

# Bounds the memory of one call; no queue is asked for more at a time.
_MOST = 1024


class Batch:
    """Room for calls of `pysock_accept_many`, and what the last one wrote."""

    __slots__ = (
        "_fds",
        "_flowinfos",
        "_hosts",
        "_out",
        "_ports",
        "_room",
        "_scope_ids",
        "_seen",
        "count",
        "limit",
    )

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._room = min(limit, _MOST)
        self._out = _allocate(_BATCH, self._room)
        numbers = memoryview(ffi.buffer(self._out))
        columns = [numbers.cast("i")[at::_COLUMNS] for at in range(_COLUMNS)]
        self._fds, self._ports, _, _, *self._seen = columns
        self._flowinfos = numbers.cast("I")[2::_COLUMNS]
        self._scope_ids = numbers.cast("I")[3::_COLUMNS]
        self._hosts = _allocate(_HOSTS, self._room * _LONGEST_HOST)
        self._fds[0] = -1
        self.count = 0

    def take(
        self, listener: Any, look: CData = _NULL, *, mode: bool = False
    ) -> int:
        """Fill it with what waits; the count, or a negative errno.

        It does not wait: `-ETIMEDOUT` says that nothing is there. If a
        signal's handler raises in it, or before `sockets` is over, what was
        taken is still here: `drop()` it.

        Args:
            listener: a socket of ours.
            look: what else to find out; see `pysock_accept_many`.
            mode: whether to make the descriptor non-blocking first.
        """
        self.count = 0
        # What `with_number` does, without its detours.
        fd = in_use[self] = _fileno(listener)
        try:
            if _fileno(listener) != fd:
                fd = -1
            if mode:
                _set_nonblocking(fd, 1)
            self.count = taken = _accept_many(
                fd, 0, self._room, self._out, self._hosts, look
            )
            return taken
        finally:
            in_use.pop(self, None)
            if ownerless:
                close_unused()

    def drop(self) -> int:
        """Close what was taken and has no object yet; how many."""
        left = list(takewhile(lambda fd: fd >= 0, self._fds.tolist()))
        self._fds[0] = -1
        for fd in left:
            lib.pysock_close(fd)
        return len(left)

    def sockets(
        self, listener: Any, kind: tuple[int, int, int]
    ) -> list[tuple[Any, Any]]:
        """Make the objects. If that fails, the descriptors are still here."""
        family, type, proto = kind
        public = _public["socket"]
        if public is not listener._makes:
            return self._replaced_sockets(listener, family)
        made: list[Any] = []
        keep = made.append
        try:
            for fd in self._descriptors():
                # What its __init__ does, without the detours; as in accept.
                sock = _new(public)
                keep(sock)
                _init(sock, family, type, proto, fd)
                sock._io_refs = 0
                sock._closed = False
            pairs = list(zip(made, self._addresses(family), strict=True))
            self._fds[0] = -1  # the objects' from here on
            return pairs
        except BaseException:
            if self._fds[0] >= 0:
                for sock in made:
                    sock.detach()
            raise

    def _replaced_sockets(
        self, listener: Any, family: int
    ) -> list[tuple[Any, Any]]:
        """The same when a test has put another class into `pysock.socket`."""
        fds, addresses = self._descriptors(), list(self._addresses(family))
        made: list[tuple[Any, Any]] = []
        self._fds[0] = -1
        try:
            for fd, address in zip(fds, addresses, strict=True):
                made.append((listener._accepted(fd), address))
        except BaseException:
            for sock, _ in made:
                sock.close()
            # The one that failed is closed by who failed to make it.
            for fd in fds[len(made) + 1 :]:
                lib.pysock_close(fd)
            raise
        return made

    def _descriptors(self) -> list[int]:
        if self.count == 1:
            # Nearly always so, in a server that keeps up.
            return [self._fds[0]]
        return self._fds[: self.count].tolist()

    def _addresses(self, family: int) -> Iterable[tuple[Any, ...]]:
        """The peers' addresses."""
        text, count = _string(self._hosts).decode(), self.count
        if family == AF_INET:
            if count == 1:
                return ((text, self._ports[0]),)
            return zip(
                text.split("\n"), self._ports[:count].tolist(), strict=True
            )
        return zip(
            text.split("\n"),
            self._ports[:count].tolist(),
            self._flowinfos[:count].tolist(),
            self._scope_ids[:count].tolist(),
            strict=True,
        )

    def seen(self) -> Iterable[tuple[int, int]]:
        """Wait in ms (-1: not sampled), and whether it was dead, of each."""
        waited, dead = (col[: self.count].tolist() for col in self._seen)
        return zip(waited, dead, strict=True)


class AcceptManySocket(TransferSocket):
    """The part of class socket that accepts in batches."""

    __slots__ = ()

    # Class socket itself, set where it is made: what accept makes.
    _makes: type
    # What a connection is, and a batch for the next call; unset before one.
    _kind: tuple[int, int, int]
    _spare: list[Batch]

    def accept_many(self, limit: int = 64) -> list[tuple[Any, Any]]:
        """Take the connections that are waiting, in one C call.

        Waits for the first as the timeout says, and not for a second.

        Args:
            limit: how many at most, 1 or more; 1024 is the most that one
                call takes. Where each is closed soon, 16 are better than
                64: more of them do not fit the CPU's first caches.

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
        listener a timeout: without one its descriptor blocks, they may take
        a connection just when this call has seen it, and the call then waits
        for the next one with what it has. A handler of a signal that raises
        meanwhile closes the batch. SO_RCVTIMEO, where it is set, holds for a
        listener without a timeout.
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
        made = None
        try:
            taken = self._take(batch, timeout)
            if taken > 0:
                made = batch.sockets(self, kind)
        except BaseException:
            batch.drop()
            raise
        self._spare = [batch]
        if made is None:
            raise accept_failure(self, -taken, timeout)
        return made

    def _take(self, batch: Batch, timeout: float | None) -> int:
        """Take a batch, and wait for the first as the timeout says.

        After each wait C is given the number anew: another thread may have
        closed the listener, and the number may be a stranger's by now.
        """
        deadline = time.monotonic() + timeout if timeout else None
        while True:
            # A signal's handler runs before the next turn (PEP 475). Even a
            # poll that does not wait may be interrupted.
            taken = batch.take(self)
            if taken not in _EMPTY:
                return taken
            if timeout == 0:
                if taken == -EINTR:
                    continue
                return taken
            if timeout is None:
                timeout = option_timeout(self, "accept")
                if timeout:
                    deadline = time.monotonic() + timeout
            left = -1 if deadline is None else milliseconds_left(deadline)
            ready = lib.pysock_wait(_fileno(self), READABLE, left)
            if ready == 0 and left < LONGEST_POLL_MS:
                return -ETIMEDOUT
            if ready < 0 and ready != -EINTR:
                return ready

    def _accepts(self) -> tuple[int, int, int]:
        """What the connections are: family, type and protocol."""
        try:
            return self._kind
        except AttributeError:
            self._kind = kind = (_family(self), _type(self), _proto(self))
            return kind

    def _accept_many_standard(self, limit: int) -> list[tuple[Any, Any]]:
        """One by one: of this family the kernel does not count the queue."""
        listener: Any = self
        taken: list[tuple[Any, Any]] = [self.accept()]
        while (
            len(taken) < limit
            and lib.pysock_wait(_fileno(self), READABLE, 0) == READABLE
        ):
            try:
                fd, address = _accept(self)
            except OSError as exc:
                if by_handler(exc):
                    raise
                # The next call meets it again.
                break
            try:
                taken.append((listener._accepted(fd), address))
            except BaseException:
                for sock, _ in taken:
                    sock.close()
                raise
        return taken
