"""A batch of connections: what C has taken from a queue, and its sockets."""

from __future__ import annotations

import _socket
from itertools import takewhile
from sys import modules

from pysock.dropin.accepted import accepted
from pysock.dropin.in_use import close_unused, in_use, ownerless
from pysock.raw.calls import AF_INET, ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pysock.raw.calls import CData

_fileno = _socket.socket.fileno
_new = _socket.socket.__new__
_init = _socket.socket.__init__
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
        self.limit: int = limit
        self._room = min(limit, _MOST)
        self._out = _allocate(_BATCH, self._room)
        numbers = memoryview(ffi.buffer(self._out))
        columns = [numbers.cast("i")[at::_COLUMNS] for at in range(_COLUMNS)]
        self._fds, self._ports, _, _, *self._seen = columns
        self._flowinfos = numbers.cast("I")[2::_COLUMNS]
        self._scope_ids = numbers.cast("I")[3::_COLUMNS]
        self._hosts = _allocate(_HOSTS, self._room * _LONGEST_HOST)
        self._fds[0] = -1
        self.count: int = 0

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
        if public is not listener._pysock_makes:
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
                made.append((accepted(listener, fd), address))
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
