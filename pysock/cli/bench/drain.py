"""accept: draining a queue of connections that are there already."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import pysock
from pysock.cli.bench import native
from pysock.cli.bench.clients import Clients
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import (
    CPU,
    WALL,
    Measurement,
    Plan,
    Run,
    Sides,
    own_code,
    timed,
)

# Stays below net.core.somaxconn, whose default is 4096.
QUEUED = 512
BATCH = 64
OPERATION = "accept of one queued connection"

Kept = list[tuple[Any, Any]]


def by_accept(listener: Any, count: int, kept: Kept) -> None:
    """Take them one by one."""
    accept, keep = listener.accept, kept.append
    for _ in repeat(None, count):
        keep(accept())


def by_accept_many(listener: Any, count: int, kept: Kept) -> None:
    """Take them in batches."""
    accept_many = listener.accept_many
    while len(kept) < count:
        kept += accept_many(BATCH)


class Queue:
    """A listener whose queue is filled before each run."""

    def __init__(
        self, clients: Clients, listener: Any, timeout: float | None
    ) -> None:
        self._clients = clients
        self.listener = listener
        listener.settimeout(timeout)

    def fill(self, count: int) -> None:
        """Queue so many connections, and wait until they are there."""
        self._clients.open(self.listener.getsockname()[1], count)
        deadline = time.monotonic() + 10
        while self._length() < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the queue does not reach {count}")

    def empty(self) -> None:
        """Close the far ends, so that our close leaves no TIME_WAIT."""
        self._clients.reset()

    def _length(self) -> int:
        return pysock.tcp_info(self.listener).unacked or 0


def _python_side(
    queue: Queue,
    count: int,
    drain: Callable[[Any, int, Kept], None],
    clock: str,
) -> Run:
    work = own_code(drain)

    def run() -> float:
        kept: Kept = []
        queue.fill(count)
        listener = queue.listener
        seconds = timed(lambda: work(listener, count, kept), count, clock)
        queue.empty()
        for sock, _ in kept:
            sock.close()
        return seconds

    return run


def _floor_side(
    library: ctypes.CDLL, queue: Queue, count: int, timeout: float | None
) -> Run:
    timeout_ms = -1 if timeout is None else int(timeout * 1000)
    fd = queue.listener.fileno()
    # The descriptor itself is to block, whatever Python's timeout is.
    os.set_blocking(fd, True)

    def run() -> float:
        fds = (ctypes.c_int * count)()
        queue.fill(count)
        taken = library.floor_accept(fd, count, timeout_ms, fds)
        queue.empty()
        for accepted in fds:
            os.close(accepted)
        return native.seconds_each(taken, count, "accept")

    return run


def _drain(
    clients: Clients,
    plan: Plan,
    *,
    timeout: float | None,
    count: int,
    rounds: int,
    clock: str = CPU,
) -> Measurement:
    sides = Sides()
    address = ("127.0.0.1", 0)
    with (
        pysock.create_server(address, backlog=4096) as ours,
        socket.create_server(address, backlog=4096) as theirs,
        socket.create_server(address, backlog=4096) as bare,
    ):
        queue = Queue(clients, ours, timeout)
        sides.add(
            "pysock accept", _python_side(queue, count, by_accept, clock)
        )
        sides.add(
            "pysock accept_many",
            _python_side(queue, count, by_accept_many, clock),
        )
        queue = Queue(clients, theirs, timeout)
        sides.add(
            "socket accept", _python_side(queue, count, by_accept, clock)
        )
        queue = Queue(clients, bare, timeout)
        if clock is CPU:
            native.add_floor(
                sides, "C", lambda lib: _floor_side(lib, queue, count, timeout)
            )
        return sides.measure(OPERATION, plan, rounds=rounds, clock=clock)


def drain(plan: Plan) -> Measurement:
    """Measure a blocking listener."""
    count = plan.count(QUEUED)
    with Clients() as clients, pinned():
        return _drain(clients, plan, timeout=None, count=count, rounds=60)


def drain_with_timeout(plan: Plan) -> Measurement:
    """Measure a listener with a timeout."""
    count = plan.count(QUEUED)
    with Clients() as clients, pinned():
        return _drain(clients, plan, timeout=5.0, count=count, rounds=60)


def drain_while_busy(plan: Plan) -> Measurement:
    """Measure while another thread of this process is busy in Python.

    Whether an accept has to wait for the GIL depends on how soon the other
    thread wakes up, so single runs differ a hundredfold: the mean counts.
    Not pinned: with both threads on one CPU the turns that the scheduler
    gives them would be measured as well.
    """
    count = BATCH if plan.quick else BATCH * 4
    with Clients() as clients, _busy_thread():
        return _drain(
            clients, plan, timeout=None, count=count, rounds=12, clock=WALL
        )


@contextmanager
def _busy_thread() -> Iterator[None]:
    stop = threading.Event()

    def be_busy() -> None:
        while not stop.is_set():
            for number in range(1000):
                number * number

    thread = threading.Thread(target=be_busy, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
