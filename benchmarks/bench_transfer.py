"""send and recv of 64 bytes on a connected pair; recv that would block."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import pysock
from benchmarks import native, pinning
from benchmarks.harness import Measurement, Plan, interleave, timed

SIZE = 64
EXCHANGES = 500  # of two sends and two receives each


@contextmanager
def tcp_pair(module: Any) -> Iterator[tuple[Any, Any]]:
    """Connect two sockets over loopback."""
    with module.create_server(("127.0.0.1", 0)) as listener:
        left = module.create_connection(listener.getsockname())
        right, _ = listener.accept()
    with left, right:
        for sock in (left, right):
            # Else a second small send waits for the ACK of the first.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield left, right


def exchange_once(left: Any, right: Any, count: int) -> None:
    """Send and receive there and back, count times."""
    data = bytes(SIZE)
    there, here = left.send, right.recv
    back, home = right.send, left.recv
    for _ in repeat(None, count):
        there(data)
        here(SIZE)
        back(data)
        home(SIZE)


def _exchange(plan: Plan, timeout: float | None) -> Measurement:
    pinning.pin(pinning.MEASURED)
    count = plan.count(EXCHANGES)
    library = native.library()
    with (
        tcp_pair(pysock) as ours,
        tcp_pair(socket) as theirs,
        tcp_pair(socket) as bare,
    ):
        for sock in (*ours, *theirs):
            sock.settimeout(timeout)
        fds = [sock.fileno() for sock in bare]

        def floor() -> float:
            taken = library.floor_exchange(*fds, count, SIZE)
            return native.checked(taken, "exchange") / 1e9 / count / 2

        return interleave(
            {
                "pysock": lambda: timed(
                    lambda: exchange_once(*ours, count), count * 2
                ),
                "socket": lambda: timed(
                    lambda: exchange_once(*theirs, count), count * 2
                ),
                "C": floor,
            },
            plan.repeat(200),
        )


def exchange(plan: Plan) -> Measurement:
    """Seconds for one send and one recv, blocking sockets."""
    return _exchange(plan, None)


def exchange_with_timeout(plan: Plan) -> Measurement:
    """Seconds for one send and one recv, sockets with a timeout."""
    return _exchange(plan, 5.0)


def block_once(sock: Any, count: int) -> None:
    """Read from an empty non-blocking socket, count times."""
    recv = sock.recv
    for _ in repeat(None, count):
        try:
            recv(SIZE)
        except BlockingIOError:
            pass


def would_block(plan: Plan) -> Measurement:
    """Seconds for one recv that finds nothing, exception caught."""
    pinning.pin(pinning.MEASURED)
    count = plan.count(1000)
    library = native.library()
    with tcp_pair(pysock) as (ours, _), tcp_pair(socket) as (theirs, _):
        ours.setblocking(False)
        theirs.setblocking(False)
        fd = theirs.fileno()

        def floor() -> float:
            taken = library.floor_would_block(fd, count)
            return native.checked(taken, "recv") / 1e9 / count

        return interleave(
            {
                "pysock": lambda: timed(
                    lambda: block_once(ours, count), count
                ),
                "socket": lambda: timed(
                    lambda: block_once(theirs, count), count
                ),
                "C": floor,
            },
            plan.repeat(200),
        )
