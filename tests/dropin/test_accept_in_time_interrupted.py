"""accept with a timeout and a long queue: signals and threads meanwhile."""

import contextlib
import os
import signal
import sys
import threading
import time

import pytest

from pysock import errors
from support.deep_queue import (
    MANY,
    TIMEOUT,
    busy_listener,
    take,
    timeout_of_c,
    times_out,
)
from support.queued import clients, listener, run_child


@pytest.fixture
def alarm():
    """Set a handler for SIGALRM, which then comes every 20 ms."""
    before = signal.getsignal(signal.SIGALRM)

    def every_20_ms(handler):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)

    try:
        yield every_20_ms
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_signal_does_not_end_the_wait(alarm):
    with busy_listener() as (sock, _):
        take(sock, MANY - 1)
        times = []
        alarm(lambda *_: times.append(time.monotonic()))
        times_out(sock)
        assert len(times) >= 3


@pytest.mark.parametrize("kind", [KeyboardInterrupt, TimeoutError, OSError])
def test_a_handler_that_raises_ends_the_wait(alarm, kind):
    def handler(*_):
        raise kind("by the handler")

    with busy_listener(timeout=20) as (sock, _):
        take(sock, MANY - 1)
        alarm(handler)
        started = time.monotonic()
        with pytest.raises(kind, match="by the handler"):
            sock.accept()
        assert time.monotonic() - started < 10


INTERRUPTED = """
import signal, socket, warnings
import pysock
# What was on its way to the caller is closed by the interpreter, or lost in
# its accept, with the standard module too.
warnings.simplefilter("ignore", ResourceWarning)
listener = pysock.create_server(("127.0.0.1", 0), backlog=1024)
listener.settimeout(20)
queued = [
    socket.create_connection(listener.getsockname()) for _ in range(40)
]
for _ in queued:
    listener.accept()[0].close()

def handler(*_):
    raise raised

def serve():
    # One by one: with a short queue each accept looks at it.
    while True:
        with socket.create_connection(listener.getsockname()):
            listener.accept()[0].close()

signal.signal(signal.SIGALRM, handler)
for turn in range(300):
    raised = TimeoutError("by the handler")
    signal.setitimer(signal.ITIMER_REAL, 1e-3 + turn * 1e-6)
    try:
        serve()
    except OSError as error:
        assert error is raised, repr(error)
assert listener.gettimeout() == 20
"""


def test_a_handler_that_raises_in_the_middle():
    """What it raises is not taken for a failure of accept."""
    run_child(INTERRUPTED)


def at_line(number, work, meanwhile):
    """Do `meanwhile` before a line of `work`; whether it has so many.

    As a signal's handler or another thread would, but not by chance. Only
    lines where accept and settimeout may be in each other's way count.
    """
    lines = 0

    def trace(frame, event, _):
        nonlocal lines
        if frame.f_code.co_name not in {
            "_look",
            "_remember_timeout",
            "settimeout",
        }:
            return None
        if event == "line":
            lines += 1
            if lines == number:
                meanwhile()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines >= number


@pytest.mark.parametrize("value", [None, 0.0, TIMEOUT])
@pytest.mark.parametrize("first", ["accept", "settimeout"])
def test_a_timeout_that_is_set_while_accept_looks(first, value):
    number, again = 0, True
    while again:
        number += 1
        with listener(timeout=20) as sock, clients(sock, 20):

            def accept(sock=sock):
                sock.accept()[0].close()

            def set_timeout(sock=sock):
                sock.settimeout(value)

            pair = accept, set_timeout
            again = at_line(
                number, *(pair if first == "accept" else pair[::-1])
            )
            if not again:
                break
            assert sock.gettimeout() == value
            assert timeout_of_c(sock) in ({value, 0} if value else {value})
            assert os.get_blocking(sock.fileno()) is (value is None)
    assert number > 3


def test_threads_on_one_listener():
    threads, each = 4, 100
    peers = []

    def serve(sock):
        with contextlib.suppress(errors.AcceptTimeoutError):
            while True:
                connection, peer = sock.accept()
                # A 0 would cost who waits in C the time that it has left.
                assert timeout_of_c(sock) == TIMEOUT
                peers.append(peer)
                connection.close()

    with (
        listener(timeout=TIMEOUT, backlog=threads * each) as sock,
        clients(sock, threads * each) as connected,
    ):
        servers = [
            threading.Thread(target=serve, args=(sock,))
            for _ in range(threads)
        ]
        for server in servers:
            server.start()
        for server in servers:
            server.join(20)
            assert not server.is_alive()
        assert sorted(peers) == sorted(
            client.getsockname() for client in connected
        )
