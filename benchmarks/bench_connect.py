"""Many connections to loopback: at once, one after another, by asyncio."""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import socket
from collections.abc import Callable
from typing import Any

import pysock
from benchmarks import native, pinning
from benchmarks.bench_accept import NOT_THERE
from benchmarks.harness import Measurement, Plan, Run, interleave, timed

TARGETS = 2000
AT_ONCE = 256  # connect_many's default concurrency


def _reset(sock: Any) -> None:
    linger = b"\1\0\0\0\0\0\0\0"
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    sock.close()


def _side(
    listener: socket.socket,
    count: int,
    connect: Callable[[tuple[str, int], int], list[Any]],
) -> Run:
    address = listener.getsockname()

    def run() -> float:
        made: list[Any] = []
        seconds = timed(lambda: made.extend(connect(address, count)), count)
        for sock in made:
            _reset(sock)
        _empty(listener)
        return seconds

    return run


def _empty(listener: socket.socket) -> None:
    """Take what is queued, and close it: outside the timed part."""
    listener.setblocking(False)
    while True:
        try:
            fd, _ = listener._accept()  # type: ignore[attr-defined]
        except BlockingIOError:
            return
        os.close(fd)


def _serial(module: Any) -> Callable[[tuple[str, int], int], list[Any]]:
    def connect(address: tuple[str, int], count: int) -> list[Any]:
        create_connection = module.create_connection
        return [create_connection(address) for _ in range(count)]

    return connect


def _by_asyncio(address: tuple[str, int], count: int) -> list[Any]:
    async def one(limit: asyncio.Semaphore) -> socket.socket:
        async with limit:
            sock = socket.socket()
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, address)
            return sock

    async def all_of_them() -> list[Any]:
        limit = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(one(limit) for _ in range(count)))

    return asyncio.run(all_of_them())


def _by_connect_many(address: tuple[str, int], count: int) -> list[Any]:
    made = []
    for result in pysock.connect_many([address] * count, concurrency=AT_ONCE):
        if result.error is not None:
            raise result.error
        made.append(result.socket)
    return made


def many(plan: Plan) -> Measurement:
    """Seconds for one connection, sockets made and kept."""
    pinning.pin(pinning.MEASURED)
    count = plan.count(TARGETS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    library = native.library()
    missing = {}
    try:
        with socket.create_server(("127.0.0.1", 0), backlog=4096) as server:
            port = server.getsockname()[1]

            def floor() -> float:
                fds = (ctypes.c_int * count)()
                taken = library.floor_connect(port, count, fds)
                library.load_reset(count, fds)
                _empty(server)
                return native.checked(taken, "connect") / 1e9 / count

            connects = {
                "pysock create_connection": _serial(pysock),
                "socket create_connection": _serial(socket),
                "asyncio sock_connect": _by_asyncio,
            }
            if hasattr(pysock, "connect_many"):
                connects["pysock connect_many"] = _by_connect_many
            else:
                missing["pysock connect_many"] = NOT_THERE
            sides = {
                name: _side(server, count, connect)
                for name, connect in connects.items()
            }
            sides["C connect"] = floor
            return interleave(sides, plan.repeat(15), missing=missing)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
