"""Servers that accept and close, one process each.

Each does it in the cheapest way that its library has. A server prints its
port; then, for each number on standard input, it accepts so many connections
and prints how many nanoseconds of CPU that took.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import repeat
from typing import Any

import pysock
from pysock.cli.bench import native, peers, pinning
from pysock.cli.bench.child import LONGEST, Child
from pysock.cli.bench.rounds import Sides

BATCH = 16


def _by_accept(listener: Any, count: int) -> None:
    for _ in repeat(None, count):
        sock, _ = listener.accept()
        sock.close()


def _by_accept_many(listener: Any, count: int) -> None:
    left = count
    while left:
        for sock, _ in listener.accept_many(min(BATCH, left)):
            sock.close()
            left -= 1


def _by_accept_loop(listener: Any, count: int) -> None:
    left = count
    with pysock.accept_loop(listener, batch=BATCH) as arriving:
        for sock, _ in arriving:
            sock.close()
            left -= 1
            if not left:
                break


def _by_descriptors(listener: Any, count: int) -> None:
    """What Python costs where nobody gets a socket object."""
    for _ in repeat(None, count):
        fd, _ = listener._accept()
        os.close(fd)


def _by_c(listener: Any, count: int) -> None:
    served = native.library().floor_serve(listener.fileno(), count)
    native.checked(served, "accept")


class _Closer(asyncio.Protocol):
    """Closes what asyncio has accepted, and counts."""

    def __init__(self, left: list[int], done: asyncio.Event) -> None:
        self._left = left
        self._done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._left[0] -= 1
        if not self._left[0]:
            self._done.set()


async def _serve_in_loop(listener: Any, count: int) -> None:
    left, done = [count], asyncio.Event()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Closer(left, done), sock=listener.dup(), backlog=4096
    )
    async with server:
        await done.wait()


def _by_asyncio(listener: Any, count: int) -> None:
    asyncio.run(_serve_in_loop(listener, count))


async def _sock_accept(listener: Any, count: int) -> None:
    accept = asyncio.get_running_loop().sock_accept
    with listener.dup() as own:
        own.setblocking(False)
        for _ in repeat(None, count):
            sock, _ = await accept(own)
            sock.close()


def _by_sock_accept(listener: Any, count: int) -> None:
    asyncio.run(_sock_accept(listener, count))


def _by_uvloop(listener: Any, count: int) -> None:
    peers.load("uvloop").run(_serve_in_loop(listener, count))


def _by_gevent(listener: Any, count: int) -> None:
    made = peers.load("gevent.socket").socket(fileno=listener.dup().detach())
    with made as own:
        _by_accept(own, count)


def _by_trio(listener: Any, count: int) -> None:
    trio = peers.load("trio")

    async def serve() -> None:
        with trio.socket.from_stdlib_socket(listener.dup()) as own:
            for _ in repeat(None, count):
                sock, _ = await own.accept()
                sock.close()

    trio.run(serve)


SERVERS: dict[str, Callable[[Any, int], None]] = {
    "pysock accept_many": _by_accept_many,
    "pysock accept_loop": _by_accept_loop,
    "pysock accept": _by_accept,
    "socket accept": _by_accept,
    "asyncio": _by_asyncio,
    "asyncio sock_accept": _by_sock_accept,
    "uvloop": _by_uvloop,
    "gevent": _by_gevent,
    "trio": _by_trio,
    "bare descriptors": _by_descriptors,
    "C": _by_c,
}


def can_run(name: str, sides: Sides) -> bool:
    """Whether a server runs here; if not, the sides are told why."""
    if name in peers.PEERS and not peers.is_installed(name):
        peers.leave_out(sides, name)
        return False
    if name == "C":
        try:
            native.library()
        except native.NoCompilerError as error:
            sides.leave_out(name, str(error))
            return False
    return True


class Server:
    """A server process, as the measuring one sees it."""

    def __init__(self, name: str) -> None:
        self._child = Child("servers", name)
        self.port: int = int(self._child.receive())

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *unused: object) -> None:
        self._child.close()

    def wait_for_cpu(self) -> None:
        """Share the client's CPU, and run only when nobody else wants it.

        The client then fills the queue until it has to wait, and the server
        finds it full: it never sleeps between two connections.
        """
        pid = self._child.pid
        os.sched_setaffinity(pid, {pinning.cpu(pinning.CLIENT)})
        os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))

    def start(self, count: int) -> None:
        """Let it accept so many connections, without waiting."""
        self._child.send(str(count))

    def finish(self) -> float:
        """Wait until it has; seconds of CPU, system time included."""
        return int(self._child.receive()) / 1e9


def main(name: str) -> None:
    """Serve as many as standard input says, line by line."""
    serve = SERVERS[name]
    if name == "C":
        native.library()
    os.sched_setaffinity(0, {pinning.cpu(pinning.MEASURED)})
    module: Any = pysock if name.startswith("pysock") else peers.load("socket")
    with module.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        print(listener.getsockname()[1], flush=True)
        for line in sys.stdin:
            signal.alarm(LONGEST)
            start = time.process_time_ns()
            serve(listener, int(line))
            print(time.process_time_ns() - start, flush=True)
            signal.alarm(0)
