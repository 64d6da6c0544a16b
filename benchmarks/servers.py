"""Servers that accept and close, one process each: `python -m ... NAME`.

Each does that in the cheapest way its library has. A server prints its port,
then for each number on standard input it accepts so many connections and
prints the nanoseconds of CPU and of wall clock that this took.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import repeat
from typing import Any

from benchmarks import native, pinning

BATCH = 64


def serve_pysock(listener: Any, count: int) -> None:
    if hasattr(listener, "accept_many"):
        left = count
        while left:
            for sock, _ in listener.accept_many(min(BATCH, left)):
                sock.close()
                left -= 1
    else:
        serve_socket(listener, count)


def serve_socket(listener: Any, count: int) -> None:
    for _ in repeat(None, count):
        sock, _ = listener.accept()
        sock.close()


def serve_c(listener: Any, count: int) -> None:
    served = native.library().floor_serve(listener.fileno(), count)
    native.checked(served, "accept")


class _Closer(asyncio.Protocol):
    def __init__(self, left: list[int], done: asyncio.Event) -> None:
        self._left = left
        self._done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._left[0] -= 1
        if not self._left[0]:
            self._done.set()


async def _serve_asyncio(listener: Any, count: int) -> None:
    loop = asyncio.get_running_loop()
    left, done = [count], asyncio.Event()
    server = await loop.create_server(
        lambda: _Closer(left, done), sock=listener.dup(), backlog=4096
    )
    async with server:
        await done.wait()


def serve_asyncio(listener: Any, count: int) -> None:
    asyncio.run(_serve_asyncio(listener, count))


def serve_uvloop(listener: Any, count: int) -> None:
    import uvloop

    uvloop.run(_serve_asyncio(listener, count))


def serve_gevent(listener: Any, count: int) -> None:
    import gevent.socket

    own = gevent.socket.socket(fileno=listener.dup().detach())
    with own:
        for _ in repeat(None, count):
            sock, _ = own.accept()
            sock.close()


def serve_trio(listener: Any, count: int) -> None:
    import trio

    async def serve() -> None:
        with trio.socket.from_stdlib_socket(listener.dup()) as own:
            for _ in repeat(None, count):
                sock, _ = await own.accept()
                sock.close()

    trio.run(serve)


SERVERS: dict[str, Callable[[Any, int], None]] = {
    "pysock": serve_pysock,
    "socket": serve_socket,
    "asyncio": serve_asyncio,
    "uvloop": serve_uvloop,
    "gevent": serve_gevent,
    "trio": serve_trio,
    "C": serve_c,
}
# What each needs beyond the standard library and pysock.
NEEDS = {"uvloop": "uvloop", "gevent": "gevent", "trio": "trio"}


def missing_servers() -> dict[str, str]:
    """Name those that cannot run here, and say why."""
    return {
        name: f"{module} is not installed"
        for name, module in NEEDS.items()
        if importlib.util.find_spec(module) is None
    }


class Server:
    """A server process, as the measuring process sees it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.servers", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._answer())

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *unused: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            # It waits for connections that a failed load never opened.
            self._process.kill()
            self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def wait_for_cpu(self) -> None:
        """Share the client's CPU, and run only when nobody else wants it.

        The client then fills the queue until it has to wait, and the server
        finds it full: it never sleeps between two connections.
        """
        pid = self._process.pid
        os.sched_setaffinity(pid, {pinning.cpu(pinning.CLIENT)})
        os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))

    def start(self, count: int) -> None:
        """Let it accept so many connections, without waiting."""
        assert self._process.stdin
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()

    def finish(self) -> tuple[float, float]:
        """Wait until it has; seconds of CPU and of wall clock."""
        cpu, wall = json.loads(self._answer())
        return cpu / 1e9, wall / 1e9

    def _answer(self) -> str:
        assert self._process.stdout
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the server {self._name!r} ended")
        return answer


def _main(name: str) -> None:
    pinning.pin(pinning.MEASURED)
    if name == "pysock":
        import pysock as module
    else:
        import socket as module  # type: ignore[no-redef]
    serve = SERVERS[name]
    with module.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        print(listener.getsockname()[1], flush=True)
        for line in sys.stdin:
            # process_time counts what the kernel did on our behalf, too.
            cpu, wall = time.process_time_ns(), time.perf_counter_ns()
            serve(listener, int(line))
            cpu = time.process_time_ns() - cpu
            wall = time.perf_counter_ns() - wall
            print(json.dumps([cpu, wall]), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1])
