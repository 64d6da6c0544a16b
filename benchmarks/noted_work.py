"""One side of benchmarks/noted.py: a process, plain or noted, that works.

    python -m benchmarks.noted_work WORK COUNT PORT

runs WORK once for each line that it reads, and answers with the seconds of
CPU that one of COUNT operations took. Whether it is noted is for who starts
it to decide, with `pysock run` or without: nothing here knows.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from pysock.cli.bench.data import block_by, exchange_by, tcp_pair
from pysock.cli.bench.rounds import Run, quiet, timed


@contextmanager
def would_block(count: int, port: int) -> Iterator[Run]:
    """Read from an empty socket, the exception caught."""
    with tcp_pair(socket) as (sock, _):
        sock.setblocking(False)
        yield lambda: timed(lambda: block_by(sock, count), count)


@contextmanager
def exchange(count: int, port: int) -> Iterator[Run]:
    """Send and receive 64 bytes on blocking sockets."""
    with tcp_pair(socket) as (left, right):
        yield lambda: timed(lambda: exchange_by(left, right, count), count * 2)


def _secure(sock: Any, protocol: Any) -> Any:
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Without a certificate: what is measured comes after the handshake.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    server = protocol is ssl.PROTOCOL_TLS_SERVER
    return context.wrap_socket(sock, server_side=server)


@contextmanager
def tls_exchange(count: int, port: int) -> Iterator[Run]:
    """Send and receive 64 bytes through TLS on blocking sockets."""
    with tcp_pair(socket) as pair, ThreadPoolExecutor(1) as pool:
        server = pool.submit(_secure, pair[1], ssl.PROTOCOL_TLS_SERVER)
        left = _secure(pair[0], ssl.PROTOCOL_TLS_CLIENT)
        with left, server.result() as right:
            yield lambda: timed(
                lambda: exchange_by(left, right, count), count * 2
            )


async def _echo(count: int) -> float:
    async def serve(reader: Any, writer: Any) -> None:
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    reader, writer = await asyncio.open_connection(*address)
    data = bytes(64)
    with quiet():
        start = time.process_time_ns()
        for _ in repeat(None, count):
            writer.write(data)
            await reader.readexactly(len(data))
        taken = time.process_time_ns() - start
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    return taken / 1e9 / count


@contextmanager
def asyncio_echo(count: int, port: int) -> Iterator[Run]:
    """Echo 64 bytes through asyncio's streams, both ends of it."""
    yield lambda: asyncio.run(_echo(count))


@contextmanager
def redis_get(count: int, port: int) -> Iterator[Run]:
    """Get a value through redis-py."""
    import redis

    def gets(get: Callable[[str], object]) -> None:
        for _ in repeat(None, count):
            get("key")

    with redis.Redis(port=port, protocol=2) as client:
        yield lambda: timed(lambda: gets(client.get), count)


WORKS = {
    "would-block": would_block,
    "exchange": exchange,
    "tls": tls_exchange,
    "asyncio": asyncio_echo,
    "redis": redis_get,
}


def main() -> None:
    """Work on demand, until there is no more to read."""
    name, count, port = sys.argv[1:]
    with WORKS[name](int(count), int(port)) as run:
        for _ in sys.stdin:
            print(run(), flush=True)


if __name__ == "__main__":
    main()
