"""Signals in every call that blocks: handlers run at once, timeouts hold."""

import os
import signal
import socket
import threading
import time

import pytest

import pysock
from support.loopback import fill, listen, pair_of

# Seconds. The bound is for a machine with nothing else to do; on a busy one
# the best of a few tries counts.
PROMPT, TRIES = 0.05, 5


class Stop(BaseException):
    """What a handler raises here: no OSError, and nobody else's."""


class StopAsOsError(OSError):
    """A handler may raise any exception: this one looks like a failure."""


@pytest.fixture
def alarm():
    """Set a handler for SIGALRM, and a timer; both are put back."""
    before = signal.getsignal(signal.SIGALRM)

    def start(handler, first, interval=0.0):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, first, interval)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


class Blocked:
    """Calls that block for ever, each with what it needs around it.

    `arm` is called just before: whatever a handler interrupts is the call,
    and not the making of a connection.
    """

    def __init__(self, family, silent_address, timeout, arm):
        self.family = family
        self.silent_address = silent_address
        self.timeout = timeout
        self.arm = arm

    def connect(self):
        with pysock.socket(self.family.number) as sock:
            sock.settimeout(self.timeout)
            address = self.silent_address
            self.arm()
            sock.connect(address)

    def accept(self):
        with listen(pysock, self.family) as sock:
            sock.settimeout(self.timeout)
            self.arm()
            sock.accept()

    def recv(self):
        self.with_pair(lambda sock: sock.recv(1))

    def recv_into(self):
        self.with_pair(lambda sock: sock.recv_into(bytearray(1)))

    def recv_exactly(self):
        self.with_pair(lambda sock: sock.recv_exactly(1))

    def send(self):
        self.with_pair(lambda sock: sock.send(b"x"), full=True)

    def sendall(self):
        self.with_pair(lambda sock: sock.sendall(bytes(100)), full=True)

    def sendmsg(self):
        self.with_pair(lambda sock: sock.sendmsg([b"x"]), full=True)

    def with_pair(self, call, full=False):
        with pair_of(pysock, self.family) as (client, _):
            if full:
                fill(client)
            client.settimeout(self.timeout)
            self.arm()
            call(client)


class StopAsBlockingIOError(BlockingIOError):
    """That of another file, on which the handler works without waiting."""


CALLS = [name for name in vars(Blocked) if name[0] != "_"]
CALLS.remove("with_pair")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("timeout", [None, 30.0], ids=["blocking", "timeout"])
@pytest.mark.parametrize(
    "kind", [Stop, StopAsOsError, StopAsBlockingIOError, BlockingIOError]
)
def test_handler_runs_at_once_and_its_exception_passes(
    family, silent_address, alarm, call, timeout, kind
):
    delays = []
    for _ in range(TRIES):
        raised = kind("from the handler")
        due, ran = [], []

        def handler(number, frame, raised=raised, ran=ran):
            signal.setitimer(signal.ITIMER_REAL, 0)
            ran.append(time.monotonic())
            raise raised

        def arm(handler=handler, due=due):
            due.append(time.monotonic() + 0.02)
            # Again and again: one that comes just before the system call is
            # seen by Python after it, with the standard module too.
            alarm(handler, 0.02, 0.02)

        blocked = Blocked(family, silent_address, timeout, arm)
        with pytest.raises(kind) as info:
            getattr(blocked, call)()
        assert info.value is raised
        assert type(info.value) is kind
        delays.append(ran[0] - due[0])
        if delays[-1] < PROMPT:
            break
    assert min(delays) < PROMPT


@pytest.mark.parametrize("call", CALLS)
def test_signals_do_not_stretch_a_timeout(family, silent_address, alarm, call):
    ran, started = [], []

    def arm():
        alarm(lambda number, frame: ran.append(number), 0.01, 0.01)
        started.append(time.monotonic())

    timeout = 0.15
    blocked = Blocked(family, silent_address, timeout, arm)
    with pytest.raises(TimeoutError):
        getattr(blocked, call)()
    took = time.monotonic() - started[0]
    assert len(ran) >= 5
    # The machine is shared; a timeout that starts again at each signal would
    # never end.
    assert timeout <= took < timeout + 2


def later(seconds, action):
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_blocking_calls_go_on_after_a_signal(
    family, full_queue, silent_address, alarm, timeout
):
    """PEP 475: no call ends with InterruptedError."""
    ran = []
    alarm(lambda number, frame: ran.append(number), 0.01, 0.01)
    with listen(pysock, family) as listener:
        listener.settimeout(timeout)
        with socket.socket(family.number) as client:
            address = listener.getsockname()
            timer = later(0.1, lambda: client.connect(address))
            server, _ = listener.accept()
            timer.join()
            with server:
                server.settimeout(timeout)
                timer = later(0.1, lambda: client.sendall(b"abc"))
                assert server.recv_exactly(3) == b"abc"
                timer.join()
    with pysock.socket(family.number) as sock:
        sock.settimeout(timeout)
        timer = later(0.1, full_queue.heal)
        # The SYN that the full queue dropped is repeated after a second.
        sock.connect(silent_address)
        timer.join()
    assert len(ran) > 20


def test_ctrl_c_ends_accept(family):
    """SIGINT with the interpreter's own handler."""
    with listen(pysock, family) as listener:
        main = threading.main_thread().ident
        timer = later(0.05, lambda: signal.pthread_kill(main, signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            listener.accept()
        timer.join()


def test_what_a_handler_raises_in_tcp_info_passes(family, alarm):
    def handler(number, frame):
        raise StopAsOsError("from the handler")

    with pair_of(pysock, family) as (client, _):

        def read_for(seconds):
            # Set in here: on a busy machine it may ring at once.
            alarm(handler, 1e-4)
            late = time.monotonic() + seconds
            while time.monotonic() < late:
                client.tcp_info()

        for _ in range(100):
            with pytest.raises(StopAsOsError):
                read_for(2)


def test_interrupted_connect_leaves_the_socket_blocking(
    family, listener, silent_address, alarm
):
    """Whenever the exception comes, O_NONBLOCK is put back."""

    armed = False

    def handler(number, frame):
        signal.setitimer(signal.ITIMER_REAL, 0)
        # The handler of an alarm that is due may run a few lines later.
        if armed:
            raise Stop

    addresses = [listener.getsockname(), silent_address]
    for turn in range(300):
        with pysock.socket(family.number) as sock:
            try:
                armed = True
                alarm(handler, 1e-6 * (1 + turn % 60), 0.01)
                sock.connect(addresses[turn % 10 == 0])
                armed = False
            except Stop:
                armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert os.get_blocking(sock.fileno()), turn
            assert sock.gettimeout() is None
        listener.setblocking(False)
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            pass
