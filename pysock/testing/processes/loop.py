"""Generators that wait for descriptors or for time, in one thread.

A generator yields what it waits for, a `Wait`, and is sent what came: the
events by descriptor, nothing when its time was up.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Generator, Iterable
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

READ = select.POLLIN
WRITE = select.POLLOUT
GONE = select.POLLHUP | select.POLLERR

# Of one poll(2), which counts milliseconds in an int; then it waits again.
_LONGEST_S = 86_400.0

# Descriptor -> events of poll(2); and seconds, None for ever.
Wait = tuple[dict[int, int], float | None]
Step = Generator[Wait, dict[int, int], object]


class Loop:
    """Every generator that waits."""

    def __init__(self) -> None:
        self._waiting: dict[Step, tuple[dict[int, int], float | None]] = {}
        self.stalled = False

    def start(self, task: Step) -> None:
        """Run a generator to its first wait."""
        self._waiting[task] = ({}, None)
        self._resume(task, None)

    def forget(self, fd: int) -> None:
        """Drop every generator that waits for a descriptor about to close."""
        for task, (descriptors, _) in list(self._waiting.items()):
            if fd in descriptors:
                del self._waiting[task]

    def step(self, others: Iterable[int]) -> list[int]:
        """Wait, and resume whoever is ready.

        Args:
            others: descriptors that are not a generator's, to be read from.

        Returns:
            Those of `others` that are readable; then nobody was resumed.
        """
        wanted = dict.fromkeys(others, READ)
        seconds = None
        if not self.stalled:
            seconds = self._collect(wanted)
        poll = select.poll()
        for fd, events in wanted.items():
            poll.register(fd, events)
        ready = dict(poll.poll(None if seconds is None else seconds * 1000))
        urgent = [fd for fd in others if fd in ready]
        if not urgent and not self.stalled:
            self._resume_all(ready)
        return urgent

    def _collect(self, wanted: dict[int, int]) -> float | None:
        """Add what is waited for; give the seconds to the next deadline."""
        nearest = None
        for descriptors, deadline in self._waiting.values():
            for fd, events in descriptors.items():
                wanted[fd] = wanted.get(fd, 0) | events
            if deadline is not None and (
                nearest is None or deadline < nearest
            ):
                nearest = deadline
        if nearest is None:
            return None
        return min(max(0.0, nearest - time.monotonic()), _LONGEST_S)

    def _resume_all(self, ready: dict[int, int]) -> None:
        now = time.monotonic()
        for task, (descriptors, deadline) in list(self._waiting.items()):
            came = {
                fd: ready[fd]
                for fd, events in descriptors.items()
                if ready.get(fd, 0) & (events | GONE)
            }
            overdue = deadline is not None and deadline <= now
            # It may have been dropped by one that was resumed before it.
            if task in self._waiting and (came or overdue):
                self._resume(task, came)

    def _resume(self, task: Step, came: dict[int, int] | None) -> None:
        try:
            descriptors, seconds = task.send(came)  # type: ignore[arg-type]
        except StopIteration:
            self._waiting.pop(task, None)
            return
        deadline = None if seconds is None else time.monotonic() + seconds
        self._waiting[task] = (descriptors, deadline)


def receive(
    sock: socket.socket, limit: int
) -> Generator[Wait, dict[int, int], bytes]:
    """Read what there is, at most `limit` bytes; EOFError at the end."""
    data = yield from retried(sock, READ, lambda: sock.recv(limit))
    if not data:
        raise EOFError
    return data


def send(
    sock: socket.socket, data: bytes
) -> Generator[Wait, dict[int, int], None]:
    """Write all of it."""
    left = memoryview(data)
    while left:
        sent = yield from retried(sock, WRITE, partial(sock.send, left))
        left = left[sent:]


def retried(
    sock: socket.socket, events: int, call: Callable[[], T]
) -> Generator[Wait, dict[int, int], T]:
    """Make a call of a non-blocking socket until it does not block."""
    while True:
        try:
            return call()
        except BlockingIOError:
            wanted = events
        except OSError as error:
            # By name: most of these servers never import ssl.
            name = type(error).__name__
            if name not in ("SSLWantReadError", "SSLWantWriteError"):
                raise
            wanted = READ if name == "SSLWantReadError" else WRITE
        yield {sock.fileno(): wanted}, None
