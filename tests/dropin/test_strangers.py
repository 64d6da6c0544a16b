"""A number that another thread has closed may be anybody's: hands off.

One thread calls a method; another closes the socket just then, and its number
goes to a stranger at once. Whatever comes of the call, it must not act on the
stranger or speak of it. The standard module is the control run.
"""

import contextlib
import os
import random
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

import pysock
from support.loopback import IPV4, listen, pair_of, queue_length, reset

# Seconds for one race. A window of one bytecode is met within a tenth.
LONG_ENOUGH = 1.0
SWITCH = 1e-6
# poll(2), or ppoll(2), which arm64 and newer libcs have in its place: what
# /proc/.../syscall begins with.
POLL = ("7 ", "271 ", "73 ")
MODULES = pytest.mark.parametrize(
    "module", [pysock, socket], ids=["pysock", "standard"]
)


@pytest.fixture(autouse=True)
def change_threads_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    yield
    sys.setswitchinterval(before)


class Caller:
    """A thread that makes one call whenever it is told to."""

    def __init__(self, call):
        self.call = call
        self.victim = None
        self.outcome = None
        self.go, self.done = threading.Event(), threading.Event()
        self.ended = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            self.go.wait()
            self.go.clear()
            if self.ended:
                return
            try:
                self.outcome = self.call(self.victim)
            except (OSError, StopIteration) as error:
                self.outcome = error
            self.done.set()

    def end(self):
        self.ended = True
        self.go.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


def race(call, make_victim, stranger, unharmed):
    """Close victims while another thread calls them; how many rounds.

    `stranger` is a standard socket: a duplicate of it gets the number.
    `unharmed` is asked after each round, and told what the call gave.
    """
    caller = Caller(call)
    rounds = met = 0
    deadline = time.monotonic() + LONG_ENOUGH
    try:
        while time.monotonic() < deadline:
            victim = make_victim()
            number = victim.fileno()
            caller.victim = victim
            caller.done.clear()
            caller.go.set()
            for _ in range(random.randrange(40)):
                pass
            victim.close()
            with stranger.dup() as double:
                met += double.fileno() == number
                assert caller.done.wait(20)
                assert unharmed(caller.outcome), f"round {rounds}"
            close_outcome(caller.outcome)
            caller.outcome = caller.victim = victim = None
            rounds += 1
    finally:
        caller.end()
    # Else nothing was raced for.
    assert met > rounds / 2 > 10


def close_outcome(outcome):
    pairs = outcome if isinstance(outcome, list) else [outcome]
    for pair in pairs:
        if isinstance(pair, tuple):
            pair[0].close()


@MODULES
def test_shutdown(module):
    with pair_of(socket, IPV4) as (stranger, other):

        def unharmed(outcome):
            stranger.send(b"x")
            other.send(b"y")
            return other.recv(1) == b"x" and stranger.recv(1) == b"y"

        race(
            lambda sock: sock.shutdown(socket.SHUT_RDWR),
            lambda: module.socket(),
            stranger,
            unharmed,
        )


@MODULES
def test_so_error(module):
    """Reading it clears it."""

    def take(sock):
        if module is pysock:
            return sock.take_error()
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    with contextlib.ExitStack() as stack:
        strangers = []

        def renewed():
            listener = stack.enter_context(listen(socket, IPV4))
            sock = stack.enter_context(socket.socket())
            sock.connect(listener.getsockname())
            reset(listener.accept()[0])
            strangers.append(sock)
            return sock

        race(
            take,
            lambda: module.socket(),
            renewed(),
            lambda outcome: not outcome or outcome.errno == 9,
        )
        left = strangers[0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        assert left == 104


@pytest.mark.parametrize(
    "call",
    [
        lambda sock: sock.tcp_info().state,
        lambda sock: sock.tcp_state(),
        lambda sock: sock.listen_queue().limit,
    ],
    ids=["tcp_info", "tcp_state", "listen_queue"],
)
def test_readings_are_not_the_strangers(call):
    with listen(socket, IPV4, backlog=77) as stranger:

        def own(outcome):
            return outcome not in (77, pysock.TcpState.LISTEN)

        race(call, lambda: pysock.socket(), stranger, own)


def test_abort():
    with pair_of(socket, IPV4) as (stranger, other):

        def unharmed(outcome):
            linger = stranger.getsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, 8
            )
            stranger.send(b"x")
            return linger == bytes(8) and other.recv(1) == b"x"

        race(
            lambda sock: sock.abort(),
            lambda: pysock.socket(),
            stranger,
            unharmed,
        )


def accept_by(module):
    if module is pysock:
        return lambda sock: sock.accept_many(4)
    return lambda sock: sock.accept()


@MODULES
def test_accepting_takes_no_client_of_another_listener(module):
    with listen(socket, IPV4) as stranger, contextlib.ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(socket.socket())
            client.connect(stranger.getsockname())

        def make():
            victim = listen(module, IPV4)
            victim.settimeout(0)
            return victim

        race(
            accept_by(module),
            make,
            stranger,
            lambda outcome: queue_length(stranger) == 8,
        )


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_wait_that_outlives_the_listener(timeout):
    """The kernel keeps a socket that somebody polls, without its number."""
    with contextlib.ExitStack() as stack:
        victim = listen(pysock, IPV4)
        victim.settimeout(timeout)
        address, number = victim.getsockname(), victim.fileno()
        caller = Caller(accept_by(pysock))
        caller.victim = victim
        caller.go.set()
        wait_in_poll(caller.thread)
        other = stack.enter_context(listen(socket, IPV4))
        client = stack.enter_context(socket.socket())
        client.connect(other.getsockname())
        victim.close()
        with other.dup() as double:
            assert double.fileno() == number
            late = stack.enter_context(socket.socket())
            late.connect(address)
            assert caller.done.wait(20)
            assert queue_length(other) == 1
        caller.end()
        assert isinstance(caller.outcome, pysock.errors.ClosedSocketError)


def test_a_loop_whose_listener_goes_behind_its_back():
    with contextlib.ExitStack() as stack:
        victim = listen(pysock, IPV4)
        address, number = victim.getsockname(), victim.fileno()
        loop = stack.enter_context(pysock.accept_loop(victim))
        caller = Caller(next)
        caller.victim = loop
        caller.go.set()
        wait_in_poll(caller.thread)
        other = stack.enter_context(listen(socket, IPV4))
        client = stack.enter_context(socket.socket())
        client.connect(other.getsockname())
        os.close(victim.detach())
        with other.dup() as double:
            assert double.fileno() == number
            late = stack.enter_context(socket.socket())
            late.connect(address)
            assert caller.done.wait(20)
            caller.end()
            assert queue_length(other) == 1
            assert os.get_blocking(number)
        assert isinstance(caller.outcome, StopIteration)


def wait_in_poll(thread):
    deadline = time.monotonic() + 10
    place = f"/proc/self/task/{thread.native_id}/syscall"
    while time.monotonic() < deadline:
        if Path(place).read_text().startswith(POLL):
            return
    raise AssertionError("the thread is not in poll(2)")
