"""Many connections to loopback: at once, one after another, by event loops."""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pysock
from pysock.cli.bench import native, peers
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import (
    Measurement,
    Plan,
    Run,
    Sides,
    quiet,
)

TARGETS = 2000
AT_ONCE = 256  # connect_many's default concurrency
OPERATION = f"connection of {TARGETS:,} to loopback"

Address = tuple[str, int]
# Makes so many connections and returns their sockets.
Connect = Callable[[Address, int], list[Any]]


def _one_by_one(module: Any) -> Connect:
    def connect(address: Address, count: int) -> list[Any]:
        create_connection = module.create_connection
        return [create_connection(address) for _ in range(count)]

    return connect


def _by_connect_many(address: Address, count: int) -> list[Any]:
    made = []
    targets = [address] * count
    for result in pysock.connect_many(targets, concurrency=AT_ONCE):
        if result.error is not None:
            raise result.error
        made.append(result.socket)
    return made


async def _in_loop(address: Address, count: int) -> list[Any]:
    loop = asyncio.get_running_loop()
    limit = asyncio.Semaphore(AT_ONCE)

    async def one() -> socket.socket:
        async with limit:
            sock = socket.socket()
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            return sock

    return await asyncio.gather(*(one() for _ in range(count)))


def _by_asyncio(address: Address, count: int) -> list[Any]:
    return asyncio.run(_in_loop(address, count))


def _by_uvloop(address: Address, count: int) -> list[Any]:
    made: list[Any] = peers.load("uvloop").run(_in_loop(address, count))
    return made


def _by_gevent(address: Address, count: int) -> list[Any]:
    create_connection = peers.load("gevent.socket").create_connection
    pool = peers.load("gevent.pool").Pool(AT_ONCE)
    return list(pool.imap_unordered(create_connection, [address] * count))


def _by_trio(address: Address, count: int) -> list[Any]:
    trio = peers.load("trio")
    made = []

    async def one(limit: Any) -> None:
        async with limit:
            sock = trio.socket.socket()
            await sock.connect(address)
            made.append(sock)

    async def connect() -> None:
        limit = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for _ in range(count):
                nursery.start_soon(one, limit)

    trio.run(connect)
    return made


CONNECTS: dict[str, Connect] = {
    "pysock connect_many": _by_connect_many,
    "pysock create_connection": _one_by_one(pysock),
    "socket create_connection": _one_by_one(socket),
    "asyncio": _by_asyncio,
    "uvloop": _by_uvloop,
    "gevent": _by_gevent,
    "trio": _by_trio,
}


def _side(listener: socket.socket, count: int, connect: Connect) -> Run:
    address = listener.getsockname()

    def run() -> float:
        with quiet():
            start = time.process_time_ns()
            made = connect(address, count)
            taken = time.process_time_ns() - start
        for sock in made:
            _reset(sock)
        _empty(listener)
        return taken / 1e9 / count

    return run


def _floor(library: ctypes.CDLL, listener: socket.socket, count: int) -> Run:
    port = listener.getsockname()[1]

    def run() -> float:
        fds = (ctypes.c_int * count)()
        taken = library.floor_connect(port, count, fds)
        native.checked(taken, "connect")
        library.load_reset(count, fds)
        _empty(listener)
        return native.seconds_each(taken, count, "connect")

    return run


def _reset(sock: Any) -> None:
    """Close with a RST: 2,000 in TIME_WAIT would slow down the next round."""
    linger = b"\1\0\0\0\0\0\0\0"  # struct linger {1, 0}
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    # trio lets nobody close outside its loop.
    os.close(sock.detach())


def _empty(listener: socket.socket) -> None:
    """Take what is queued, and close it: outside the timed part."""
    while True:
        try:
            fd, _ = listener._accept()  # type: ignore[attr-defined]
        except BlockingIOError:
            return
        os.close(fd)


@contextmanager
def _many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def many(plan: Plan) -> Measurement:
    """Measure 2,000 connections, sockets made and kept."""
    count = plan.count(TARGETS)
    sides = Sides()
    with (
        pinned(),
        _many_descriptors(),
        socket.create_server(("127.0.0.1", 0), backlog=4096) as listener,
    ):
        listener.setblocking(False)
        for name, connect in CONNECTS.items():
            if name in peers.PEERS and not peers.is_installed(name):
                peers.leave_out(sides, name)
            else:
                sides.add(name, _side(listener, count, connect))
        native.add_floor(sides, "C", lambda lib: _floor(lib, listener, count))
        return sides.measure(OPERATION, plan, rounds=15)
