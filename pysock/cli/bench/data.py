"""send and recv of 64 bytes on a connected pair; recv that would block."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from typing import Any

import pysock
from pysock.cli.bench import native, peers
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import (
    Measurement,
    Plan,
    Run,
    Sides,
    own_code,
    quiet,
    timed,
)

SIZE = 64
DATA = bytes(SIZE)
EXCHANGES = 500  # two sends and two receives each
OPERATION = f"send and recv of {SIZE} bytes on a ready socket"


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


def exchange_by(left: Any, right: Any, count: int) -> None:
    """Send and receive there and back, count times, as programs write it."""
    for _ in repeat(None, count):
        left.send(DATA)
        right.recv(SIZE)
        right.send(DATA)
        left.recv(SIZE)


async def _exchange_async(
    count: int,
    send: Callable[[Any, bytes], Awaitable[object]],
    recv: Callable[[Any, int], Awaitable[object]],
    left: Any,
    right: Any,
) -> float:
    with quiet():
        start = time.process_time_ns()
        for _ in repeat(None, count):
            await send(left, DATA)
            await recv(right, SIZE)
            await send(right, DATA)
            await recv(left, SIZE)
        return (time.process_time_ns() - start) / 1e9 / count / 2


def _by_asyncio(pair: tuple[Any, Any], count: int) -> Run:
    async def work() -> float:
        loop = asyncio.get_running_loop()
        return await _exchange_async(
            count, loop.sock_sendall, loop.sock_recv, *pair
        )

    def once() -> float:
        for sock in pair:
            sock.setblocking(False)
        return asyncio.run(work())

    return once


class _Echo(asyncio.Protocol):
    """Sends back what comes, so many times."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.left -= 1
        if self.left >= 0:
            self.transport.write(data)
        elif not self.done.done():
            self.done.set_result(None)


def _by_uvloop(pair: tuple[Any, Any], count: int) -> Run:
    """Use protocols: uvloop's sock_recv takes twice as long."""

    async def work() -> float:
        connect = asyncio.get_running_loop().create_connection
        ends: list[Any] = []
        for sock, sends in zip(pair, (count - 1, count), strict=True):
            _, end = await connect(partial(_Echo, sends), sock=sock.dup())
            ends.append(end)
        left, _ = ends
        with quiet():
            start = time.process_time_ns()
            left.transport.write(DATA)
            await left.done
            taken = time.process_time_ns() - start
        for end in ends:
            end.transport.abort()
        return taken / 1e9 / count / 2

    return lambda: float(peers.load("uvloop").run(work()))


def _by_trio(pair: tuple[Any, Any], count: int) -> Run:
    trio = peers.load("trio")
    left, right = pair

    async def work() -> float:
        make = trio.socket.from_stdlib_socket
        with make(left.dup()) as own_left, make(right.dup()) as own_right:
            return await _exchange_async(
                count,
                lambda sock, data: sock.send(data),
                lambda sock, size: sock.recv(size),
                own_left,
                own_right,
            )

    return lambda: float(trio.run(work))


def _by_gevent(pair: tuple[Any, Any], count: int) -> Run:
    make = peers.load("gevent.socket").socket
    work = own_code(exchange_by)

    def once() -> float:
        left, right = (make(fileno=sock.dup().detach()) for sock in pair)
        with left, right:
            return timed(lambda: work(left, right, count), count * 2)

    return once


_PEERS = {
    "asyncio": _by_asyncio,
    "uvloop": _by_uvloop,
    "gevent": _by_gevent,
    "trio": _by_trio,
}


def _floor(library: ctypes.CDLL, pair: tuple[Any, Any], count: int) -> Run:
    fds = [sock.fileno() for sock in pair]

    def run() -> float:
        taken = library.floor_exchange(*fds, count, SIZE)
        return native.seconds_each(taken, count * 2, "exchange")

    return run


def _add_blocking(sides: Sides, name: str, pair: Any, count: int) -> None:
    left, right = pair
    work = own_code(exchange_by)
    sides.add(
        name,
        lambda: timed(lambda: work(left, right, count), count * 2),
    )


def exchange(plan: Plan) -> Measurement:
    """Measure blocking sockets."""
    return _exchange(plan, rounds=200)


def exchange_with_timeout(plan: Plan) -> Measurement:
    """Measure sockets with a timeout: their descriptors do not block."""
    return _exchange(plan, rounds=100, timeout=5.0)


def exchange_with_peers(plan: Plan) -> Measurement:
    """Measure blocking sockets, and what event loops make of the same."""
    return _exchange(plan, rounds=40, with_peers=True)


def _exchange(
    plan: Plan,
    *,
    rounds: int,
    timeout: float | None = None,
    with_peers: bool = False,
) -> Measurement:
    count = plan.count(EXCHANGES)
    sides = Sides()
    with (
        pinned(),
        tcp_pair(pysock) as ours,
        tcp_pair(socket) as theirs,
        tcp_pair(socket) as bare,
        tcp_pair(socket) as looped,
    ):
        for sock in (*ours, *theirs):
            sock.settimeout(timeout)
        _add_blocking(sides, "pysock", ours, count)
        _add_blocking(sides, "socket", theirs, count)
        native.add_floor(sides, "C", lambda lib: _floor(lib, bare, count))
        for name, make in _PEERS.items() if with_peers else ():
            if name not in peers.PEERS or peers.is_installed(name):
                sides.add(name, make(looped, count))
            else:
                peers.leave_out(sides, name)
        return sides.measure(OPERATION, plan, rounds=rounds)


def block_by(sock: Any, count: int) -> None:
    """Read from an empty non-blocking socket, count times."""
    recv = sock.recv
    for _ in repeat(None, count):
        try:
            recv(SIZE)
        except BlockingIOError:
            pass


def _add_empty(sides: Sides, name: str, sock: Any, count: int) -> None:
    work = own_code(block_by)
    sides.add(name, lambda: timed(lambda: work(sock, count), count))


def would_block(plan: Plan) -> Measurement:
    """Measure recv with nothing to read, the exception caught."""
    count = plan.count(1000)
    sides = Sides()
    with (
        pinned(),
        tcp_pair(pysock) as (ours, _),
        tcp_pair(socket) as (theirs, _),
    ):
        ours.setblocking(False)
        theirs.setblocking(False)
        fd = theirs.fileno()

        def floor(library: ctypes.CDLL) -> Run:
            return lambda: native.seconds_each(
                library.floor_would_block(fd, count), count, "recv"
            )

        _add_empty(sides, "pysock", ours, count)
        _add_empty(sides, "socket", theirs, count)
        native.add_floor(sides, "C", floor)
        return sides.measure("recv that would block", plan, rounds=100)
