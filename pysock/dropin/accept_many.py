"""accept_many: what is waiting in the queue, in one C call."""

from __future__ import annotations

import _socket
import time
from errno import EAGAIN, EINTR, ETIMEDOUT
from operator import index

from pysock.dropin.accepted import accepted, kind_of
from pysock.dropin.transfer import TransferSocket
from pysock.dropin.typed import by_handler
from pysock.late import late
from pysock.raw.calls import (
    AF_INET,
    AF_INET6,
    LONGEST_POLL_MS,
    READABLE,
    lib,
    milliseconds_left,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.accept import accept_failure
    from pysock.dropin.batch import Batch
    from pysock.dropin.option_timeout import option_timeout
else:
    late(
        globals(),
        "dropin.accept.accept_failure",
        "dropin.batch.Batch",
        "dropin.option_timeout.option_timeout",
    )

_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
_accept = _socket.socket._accept  # type: ignore[attr-defined]

_EMPTY = (-ETIMEDOUT, -EAGAIN, -EINTR)


class AcceptManySocket(TransferSocket):
    """The part of class socket that accepts in batches."""

    __slots__ = ()

    # Class socket itself, set where it is made: what accept makes.
    _pysock_makes: type
    # What a connection is, and a batch for the next call; unset before one.
    _pysock_kind: tuple[int, int, int]
    _pysock_spare: list[Batch]

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
        kind = kind_of(self)
        if kind[0] != AF_INET and kind[0] != AF_INET6:
            return _one_by_one(self, limit)
        try:
            # Taken out: no other thread gets the same one.
            batch = self._pysock_spare.pop()
        except (AttributeError, IndexError):
            batch = Batch(limit)
        if batch.limit != limit:
            batch = Batch(limit)
        timeout = _gettimeout(self)
        made = None
        try:
            taken = _take(self, batch, timeout)
            if taken > 0:
                made = batch.sockets(self, kind)
        except BaseException:
            batch.drop()
            raise
        self._pysock_spare = [batch]
        if made is None:
            raise accept_failure(self, -taken, timeout)
        return made


def _take(sock: Any, batch: Batch, timeout: float | None) -> int:
    """Take a batch, and wait for the first as the timeout says.

    After each wait C is given the number anew: another thread may have
    closed the listener, and the number may be a stranger's by now.
    """
    deadline = time.monotonic() + timeout if timeout else None
    while True:
        # A signal's handler runs before the next turn (PEP 475). Even a
        # poll that does not wait may be interrupted.
        taken = batch.take(sock)
        if taken not in _EMPTY:
            return taken
        if timeout == 0:
            if taken == -EINTR:
                continue
            return taken
        if timeout is None:
            timeout = option_timeout(sock, "accept")
            if timeout:
                deadline = time.monotonic() + timeout
        left = -1 if deadline is None else milliseconds_left(deadline)
        ready = lib.pysock_wait(_fileno(sock), READABLE, left)
        if ready == 0 and left < LONGEST_POLL_MS:
            return -ETIMEDOUT
        if ready < 0 and ready != -EINTR:
            return ready


def _one_by_one(listener: Any, limit: int) -> list[tuple[Any, Any]]:
    """One by one: of this family the kernel does not count the queue."""
    taken: list[tuple[Any, Any]] = [listener.accept()]
    while (
        len(taken) < limit
        and lib.pysock_wait(_fileno(listener), READABLE, 0) == READABLE
    ):
        try:
            fd, address = _accept(listener)
        except OSError as exc:
            if by_handler(exc):
                raise
            # The next call meets it again.
            break
        try:
            taken.append((accepted(listener, fd), address))
        except BaseException:
            for sock, _ in taken:
                sock.close()
            raise
    return taken
