"""The ways in which a program can meet a connect that fails.

Each takes a family, an address and options, and returns what was seen. They
run beside each other, a thread each, so that a scenario that ends in a
timeout costs that time once.
"""

import asyncio
import errno
import select
import socket as standard
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pysock
from lab.place import FAMILY

LONGEST = 20  # seconds; no scenario takes that long


@dataclass
class Seen:
    """What a program saw of a connect."""

    error: BaseException | None
    number: int | None  # where an errno was returned, not raised
    took: float
    local: tuple | None  # getsockname() while it was under way


def observe(
    version, address, *, options=(), bind=None, ways=None, timeout=LONGEST
):
    """Connect to an address in every way at once; a `Seen` for each by name.

    To be called in the namespace: the threads begin where this one is.
    """
    ways = {name: WAYS[name] for name in ways or WAYS}
    if options:
        for name in MAKE_THEIR_OWN & ways.keys():
            del ways[name]  # which cannot set them

    def run(way):
        with pysock.socket(FAMILY[version]) as sock:
            for level, option, value in options:
                sock.setsockopt(level, option, value)
            if bind is not None:
                sock.bind(bind)
            started = time.monotonic()
            error, number, local = way(sock, address, timeout)
            return Seen(error, number, time.monotonic() - started, local)

    with ThreadPoolExecutor(len(ways)) as pool:
        running = {name: pool.submit(run, way) for name, way in ways.items()}
        return {name: future.result() for name, future in running.items()}


def blocking(sock, address, timeout):
    sock.settimeout(None)
    return _raised_by(sock.connect, address), None, None


def with_timeout(sock, address, timeout):
    sock.settimeout(timeout)
    return _raised_by(sock.connect, address), None, None


def create_connection(sock, address, timeout):
    error = _raised_by(pysock.create_connection, address[:2], timeout)
    return error, None, None


def connect_many(sock, address, timeout):
    [result] = pysock.connect_many([address], timeout=timeout)
    if result.socket is not None:
        result.socket.close()
    return result.error, None, None


def happy_eyeballs(sock, address, timeout):
    error = _raised_by(
        pysock.create_connection,
        address[:2],
        timeout,
        happy_eyeballs_delay=0.25,
    )
    # The error of the one attempt; the race's own only carries it.
    return error and error.attempts[0], None, None


def blocking_connect_ex(sock, address, timeout):
    sock.settimeout(None)
    return None, sock.connect_ex(address), None


def take_error(sock, address, timeout):
    sock.settimeout(0)
    number = sock.connect_ex(address)
    if number != errno.EINPROGRESS:
        return None, number, None
    local = sock.getsockname()
    _wait(sock, timeout)
    return sock.take_error(), None, local


def second_connect(sock, address, timeout):
    sock.settimeout(0)
    error = _raised_by(sock.connect, address)
    if not isinstance(error, pysock.errors.ConnectInProgressError):
        return error, None, None
    local = sock.getsockname()
    _wait(sock, timeout)
    return _raised_by(sock.connect, address), None, local


def second_connect_ex(sock, address, timeout):
    sock.settimeout(0)
    number = sock.connect_ex(address)
    if number == errno.EINPROGRESS:
        _wait(sock, timeout)
        number = sock.connect_ex(address)
    return None, number, None


def raw_descriptor(sock, address, timeout):
    sock.settimeout(0)
    error = _raised_by(pysock.raw.connect, sock.fileno(), address)
    if isinstance(error, pysock.errors.ConnectInProgressError):
        _wait(sock, timeout)
        error = pysock.raw.take_error(sock.fileno())
    return error, None, None


def asyncio_connect(sock, address, timeout):
    sock.settimeout(0)

    async def connect():
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout):
            await loop.sock_connect(sock, address)

    return _raised_by(asyncio.run, connect()), None, None


WAYS = {
    way.__name__: way
    for way in (
        blocking,
        with_timeout,
        create_connection,
        connect_many,
        happy_eyeballs,
        blocking_connect_ex,
        take_error,
        second_connect,
        second_connect_ex,
        raw_descriptor,
        asyncio_connect,
    )
}

# Ways whose exception pysock made.
TYPED = frozenset(
    way.__name__
    for way in (
        blocking,
        with_timeout,
        create_connection,
        connect_many,
        happy_eyeballs,
        take_error,
        second_connect,
        raw_descriptor,
    )
)
MAKE_THEIR_OWN = {"create_connection", "connect_many", "happy_eyeballs"}
# Ways that give the errno alone.
NUMBERED = ("blocking_connect_ex", "second_connect_ex")


def _raised_by(call, *args, **kwargs):
    try:
        result = call(*args, **kwargs)
    except OSError as error:
        return error
    if isinstance(result, standard.socket):
        result.close()
    return None


def _wait(sock, timeout):
    """Wait for the end of an attempt, as a selector does."""
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    if not poll.poll(timeout * 1000):
        raise TimeoutError(f"no end of the attempt in {timeout} s")
