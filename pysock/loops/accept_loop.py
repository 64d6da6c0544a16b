"""accept_loop: accept as a server does, and survive what servers die of.

How it waits. close(2) in another thread does not wake a wait for the same
descriptor, so the loop waits for the listener and for an eventfd that our
`close` writes to. A listener that is closed behind our back (`os.close`,
`detach`) is noticed when the wait is renewed, once a second.

While the loop runs the descriptor does not block, whatever the socket's
timeout says: others who accept from the same queue can then not leave the
loop waiting inside accept4, where nothing wakes it.
"""

from __future__ import annotations

import _socket
import errno
import os
import select
import time
from _thread import RLock

from pysock.dropin.accept import accept_failure
from pysock.dropin.accepted import kind_of
from pysock.dropin.batch import Batch
from pysock.dropin.closing import is_watched, unwatch, watch
from pysock.dropin.in_use import with_number
from pysock.dropin.kinds import is_tcp
from pysock.dropin.socket import socket
from pysock.errors import error_for
from pysock.loops.accept_errnos import DESCRIPTORS, EMPTY, ENDED, PAUSE, SKIP
from pysock.loops.accept_stats import AcceptStats, Counters, Drops
from pysock.loops.reserve import Reserve
from pysock.loops.waker import Waker, renew_lock_after_fork
from pysock.raw.calls import ffi, lib
from pysock.raw.evidence import local_address_of
from pysock.raw.queue import read_drops

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError

_fileno = _socket.socket.fileno

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 1.0
_LONGEST_WAIT = 1.0


class AcceptLoop:
    """An iterator of `(socket, address)`; see `accept_loop`.

    One thread iterates; `close()` and `stats` are for any thread. Used as a
    context manager, it is closed at the end of the block.
    """

    def __init__(
        self,
        listener: socket,
        *,
        batch: int,
        out_of_descriptors: str,
        sample: int,
        on_error: Callable[[SocketError, AcceptStats], object] | None,
        counter: Any,
    ) -> None:
        self._stopped = True  # until there is something to release
        self._batch = Batch(batch)
        self._most = batch
        self._listener = listener
        self._on_error = on_error
        self._counter = counter
        self._ready: list[tuple[socket, Any]] = []
        self._more = False  # whether the queue had more than the last batch
        self._counters = Counters()
        self._look = ffi.new("struct pysock_arrivals *")
        self._look.sample_every = sample
        self._pause = 0.0
        self._resume_at = 0.0
        self._lock = RLock()
        renew_lock_after_fork(self)
        # A child's copy must not change the mode that it shares.
        self._pid = os.getpid()
        self._fd = _fileno(listener)
        if not listener.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN):
            raise error_for(
                "accept",
                errno.EINVAL,
                local_address=self._read(local_address_of),
            )
        self._drops = Drops(self._read(read_drops))
        self._waker = Waker()
        self._stopped = False
        self._reserve = Reserve() if out_of_descriptors == "shed" else None
        self._waiter, self._pauser = select.poll(), select.poll()
        self._waiter.register(self._fd, select.POLLIN)
        for poll in (self._waiter, self._pauser):
            poll.register(self._waker.fd, select.POLLIN)
        watch(self._fd, self._waker.wake)
        if listener.gettimeout() is None:
            with_number(listener, lib.pysock_set_nonblocking, 1)

    @property
    def stats(self) -> AcceptStats:
        """The counts up to now; one system call."""
        return self._counters.snapshot(self._dropped())

    @property
    def retry_in(self) -> float:
        """Seconds until accepting makes sense again; 0.0: now.

        It is more than 0 while no descriptor or memory is left. Only an event
        loop needs to look: it should stop watching the listener for so long,
        because the listener stays readable.
        """
        return max(0.0, self._resume_at - time.monotonic())

    def __iter__(self) -> AcceptLoop:
        return self

    def __next__(self) -> tuple[socket, Any]:
        while True:
            if self._ready:
                try:
                    return self._ready.pop()
                except IndexError:
                    pass  # closed just now, by a thread or a signal's handler
            with self._lock:
                if not self._ready and not self._refill():
                    raise StopIteration

    def close(self) -> None:
        """Stop at once, in whatever thread the loop waits.

        What was accepted and not yet handed over is closed. The listener is
        left open, and blocks again if it did. Doing it twice does nothing.
        """
        if self._stopped:
            return
        self._stopped = True
        self._waker.wake()
        with self._lock:
            self._release()

    def __enter__(self) -> AcceptLoop:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _refill(self) -> bool:
        """Take a batch, or wait for one; whether it is worth another try."""
        if self._stopped:
            return False
        if _fileno(self._listener) != self._fd:
            self.close()
            return False
        if self._resume_at and (left := self.retry_in) > 0:
            if self._listener.gettimeout() == 0:
                return False
            if self._pauser.poll(left * 1000 + 1):
                self._waker.drain()
            return True
        if not self._more and not self._wait():
            return self._listener.gettimeout() != 0
        # Another process that shares it may have let it block again, and so
        # has a signal's handler that closed the loop: hence also the poll (0).
        batches = self._counters.batches
        try:
            taken = self._batch.take(self._listener, self._look, mode=True)
            self._more = taken > 0 and self._look.left > 0
            if taken > 0:
                self._sort_out()
        except BaseException:
            if self._counters.batches == batches:
                # A signal's handler raised before they were counted.
                self._ready = []
                count = self._batch.drop() or self._batch.count
                self._counters.unserved += count
            raise
        if self._waker.fd < 0:
            # Closed by a signal's handler, while the batch was taken.
            self._abandon()
            self._let_block()
            return False
        return taken > 0 or taken in EMPTY or self._survive(-taken)

    def _sort_out(self) -> None:
        """Keep the living, close the dead, count everything."""
        look = self._look
        ready = self._batch.sockets(self._listener, kind_of(self._listener))
        dead: list[tuple[socket, Any]] = []
        if look.dead or look.sampled:
            alive: list[tuple[socket, Any]] = []
            seen = self._batch.seen()
            for pair, (waited, is_dead) in zip(ready, seen, strict=True):
                if waited >= 0:
                    self._counters.add_wait(waited)
                (dead if is_dead else alive).append(pair)
            ready = alive
        ready.reverse()  # for pop()
        self._ready = ready
        self._counters.add_batch(len(ready), look)
        self._pause = self._resume_at = 0.0
        if self._counter is not None:
            self._counter[0] += len(ready)
        for sock, _ in dead:
            sock.close()
        if self._reserve is not None:
            self._reserve.refill()
        for _, address in dead:
            self._report(errno.ECONNABORTED, address)

    def _survive(self, number: int) -> bool:
        if number in ENDED:
            self.close()
            return False
        self._counters.errors += 1
        if number in SKIP:
            self._counters.aborted += 1
        elif number in DESCRIPTORS and self._shed():
            pass
        elif number in DESCRIPTORS or number in PAUSE:
            self._counters.pauses += 1
            self._pause = min(
                max(self._pause * 2, _SHORTEST_PAUSE), _LONGEST_PAUSE
            )
            self._resume_at = time.monotonic() + self._pause
        else:
            timeout = self._listener.gettimeout()
            raise accept_failure(self._listener, number, timeout)
        self._report(number, None)
        return True

    def _report(self, number: int, address: Any) -> None:
        if self._on_error is None:
            return
        error = error_for(
            "accept",
            number,
            address=address,
            local_address=self._read(local_address_of),
        )
        self._on_error(error, self.stats)

    def _shed(self) -> int:
        """Reset up to a batch of connections, if that is wanted; how many."""
        if self._reserve is None:
            return 0
        shed: int = with_number(self._listener, self._reserve.shed, self._most)
        self._counters.shed += shed
        return shed

    def _wait(self) -> bool:
        """Wait as the listener's timeout says; whether it is readable."""
        timeout = self._listener.gettimeout()
        if timeout == 0:
            return bool(self._waiter.poll(0))
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._stopped and _fileno(self._listener) == self._fd:
            left = _LONGEST_WAIT
            if deadline is not None:
                left = min(left, max(0.0, deadline - time.monotonic()))
            ready = self._waiter.poll(left * 1000)
            if self._waker.fd < 0:
                break  # closed by a signal's handler
            if ready:
                # With POLLHUP it was shut down, and accept says so.
                if ready[-1][0] != self._waker.fd:
                    return True
                # Perhaps for a child that has inherited it: look again.
                self._waker.drain()
            if deadline is not None and time.monotonic() >= deadline:
                raise accept_failure(self._listener, errno.ETIMEDOUT, timeout)
        return False

    def _dropped(self) -> int | None:
        """Drops since the loop began; the last known once it is closed."""
        if not self._stopped:
            self._drops.update(self._read(read_drops))
        return self._drops.count

    def _read(self, read: Callable[[int], Any]) -> Any:
        """Read something off the listener; `None` once it is closed."""
        value = read(self._fd)
        # The number may have become somebody else's meanwhile.
        return value if _fileno(self._listener) == self._fd else None

    def _release(self) -> None:
        """Let go of every descriptor; the lock is held."""
        if self._waker.fd < 0:
            return
        unwatch(self._fd, self._waker.wake)
        self._drops.update(self._read(read_drops))
        self._let_block()
        self._waker.close()
        if self._reserve is not None:
            self._reserve.close()
        self._abandon()

    def _let_block(self) -> None:
        """Undo the non-blocking mode, unless somebody else relies on it."""
        # Neither another loop on it nor the parent of a child.
        ours = os.getpid() == self._pid and not is_watched(self._fd)
        if ours and self._listener.gettimeout() is None:
            with_number(self._listener, lib.pysock_set_nonblocking, 0)

    def _abandon(self) -> None:
        """Close what was accepted and not handed over."""
        if os.getpid() != self._pid:
            # What a thread of the parent had in its hands at the fork.
            self._batch.drop()
        left, self._ready = self._ready, []
        self._counters.accepted -= len(left)
        self._counters.unserved += len(left)
        for sock, _ in left:
            sock.close()


def accept_loop(
    listener: socket,
    *,
    batch: int = 16,
    out_of_descriptors: str = "keep",
    sample: int = 16,
    on_error: Callable[[SocketError, AcceptStats], object] | None = None,
    counter: Any = None,
) -> AcceptLoop:
    """Iterate over the connections of a listener, as a server does.

    Connections that died in the queue are counted, closed and skipped. When
    no descriptor or memory is left, it pauses (5 ms, doubled up to 1 s, until
    an accept succeeds) instead of trying again at once. It ends when the
    listener is closed or shut down, here or in another thread, and when the
    loop is closed; Ctrl-C ends it as any wait.

    Args:
        listener: a listening TCP socket of pysock. With a timeout the loop
            raises `AcceptTimeoutError` when nothing came for so long, and can
            then be iterated further. Non-blocking, it ends when the queue is
            empty, and can be iterated again when the listener is readable:
            that is for `selectors` and `asyncio` (see `retry_in`).
        batch: how many connections are taken from the queue at once, 1 or
            more. With more, they wait in this program and not in the queue.
        out_of_descriptors: `"keep"` leaves the connections in the queue
            until a descriptor is free; `"shed"` takes them with a descriptor
            held in reserve and resets them, so that the clients know.
        sample: the wait in the queue is read of every n-th connection, at
            0.6 us each; 0: of none.
        on_error: called with the exception of each failure that was survived
            and the `AcceptStats`. What it raises ends the iteration; nothing
            that was accepted is lost.
        counter: a buffer of one number that is raised by the number of
            connections handed over; see `reuseport_group`.

    Returns:
        an `AcceptLoop`, an iterator of `(socket, address)` with `.stats`,
        `.retry_in` and `.close()`. Until it is closed or has ended, the
        listener's descriptor does not block.

    Raises:
        AcceptTimeoutError: from the iteration; see `listener`.
        AcceptError: it is not listening (`EINVAL`); from the iteration, an
            errno that accept(2) does not know.
        ClosedSocketError: it is closed (`EBADF`).
        DescriptorLimitError: none left for the loop itself (`EMFILE`).
        TypeError: it is no TCP socket of pysock.
        ValueError: `batch`, `sample` or `out_of_descriptors` makes no sense.
    """
    kind: Any = socket  # for the checker, that it may be something else
    if not isinstance(listener, kind) or not is_tcp(listener):
        raise TypeError(
            f"a listening TCP socket of pysock, not {listener!r}; "
            "pysock.socket(fileno=other.detach()) makes one of another"
        )
    if batch < 1 or sample < 0:
        raise ValueError("batch is 1 or more, sample 0 or more")
    if out_of_descriptors not in ("keep", "shed"):
        raise ValueError("out_of_descriptors is 'keep' or 'shed'")
    return AcceptLoop(
        listener,
        batch=batch,
        out_of_descriptors=out_of_descriptors,
        sample=sample,
        on_error=on_error,
        counter=counter,
    )
