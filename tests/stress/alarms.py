"""Signals at 1 kHz during every call that blocks; a script of its own.

    python alarms.py SECONDS

Each call waits for something that comes 30 ms later, or for its timeout. The
handlers run all the time, the results are as ever, and no timeout ends early
or twice as late. Prints the counts as JSON.
"""

import contextlib
import faulthandler
import json
import signal
import sys
import threading
import time

import pysock
from pysock.testing import full_queue

PERIOD, LATER, TIMEOUT = 0.001, 0.03, 0.06
HOSTS = {pysock.AF_INET: "127.0.0.1", pysock.AF_INET6: "::1"}


@contextlib.contextmanager
def later(function):
    timer = threading.Timer(LATER, function)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@contextlib.contextmanager
def listening(family, backlog=16):
    with pysock.socket(family) as sock:
        sock.bind((HOSTS[family], 0))
        sock.listen(backlog)
        yield sock


@contextlib.contextmanager
def connected(family):
    with listening(family) as listener, pysock.socket(family) as client:
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            yield client, server


def connect_and_wait(family):
    """The queue is full; a place gets free, and the SYN is sent again."""
    with (
        full_queue(host=HOSTS[family]) as address,
        pysock.socket(family) as sock,
        later(address.heal),
    ):
        sock.connect(address)


def accept(family):
    with (
        listening(family) as listener,
        pysock.socket(family) as client,
        later(lambda: client.connect(listener.getsockname())),
    ):
        listener.accept()[0].close()


def accept_many(family):
    with listening(family) as listener, pysock.socket(family) as client:
        with later(lambda: client.connect(listener.getsockname())):
            [(sock, _)] = listener.accept_many()
        sock.close()


def recv(family):
    with (
        connected(family) as (client, server),
        later(lambda: client.send(b"late")),
    ):
        assert server.recv(10) == b"late"


def recv_exactly(family):
    with connected(family) as (client, server):
        client.send(b"soon ")
        with later(lambda: client.send(b"late")):
            assert server.recv_exactly(9) == b"soon late"


def recv_end(family):
    with (
        connected(family) as (client, server),
        later(lambda: client.shutdown(pysock.SHUT_WR)),
    ):
        assert server.recv(10) == b""


def recv_reset(family):
    with connected(family) as (client, server), later(client.abort):
        try:
            server.recv(10)
        except pysock.errors.PeerResetError:
            return
        raise AssertionError("no reset")


def sendall(family):
    payload = bytes(range(256)) * 40_000
    with connected(family) as (client, server):
        received = []

        def read():
            received.append(server.recv_exactly(len(payload)))

        with later(read):
            client.sendall(payload)
        assert received == [payload]


def timeout_of(call, kind):
    started = time.monotonic()
    elapsed = None
    try:
        call()
    except kind as error:
        elapsed = error.elapsed
    took = time.monotonic() - started
    assert elapsed is not None, "no timeout"
    assert TIMEOUT <= elapsed <= took < TIMEOUT + 2, (elapsed, took)


def connect_timeout(family):
    with (
        full_queue(host=HOSTS[family]) as address,
        pysock.socket(family) as sock,
    ):
        sock.settimeout(TIMEOUT)
        kind = pysock.errors.ConnectTimeoutError
        timeout_of(lambda: sock.connect(address), kind)


def accept_timeout(family):
    with listening(family) as listener:
        listener.settimeout(TIMEOUT)
        kind = pysock.errors.AcceptTimeoutError
        timeout_of(listener.accept, kind)
        timeout_of(listener.accept_many, kind)


def recv_timeout(family):
    with connected(family) as (client, _):
        client.settimeout(TIMEOUT)
        kind = pysock.errors.TransferTimeoutError
        timeout_of(lambda: client.recv(1), kind)


CALLS = (
    accept, accept_many, recv, recv_exactly, recv_end, recv_reset, sendall,
    connect_timeout, accept_timeout, recv_timeout, connect_and_wait,
)  # fmt: skip


def main():
    seconds = float(sys.argv[1])
    faulthandler.enable()
    faulthandler.dump_traceback_later(seconds + 40, exit=True)
    signals = []
    signal.signal(signal.SIGALRM, lambda *_: signals.append(1))
    signal.setitimer(signal.ITIMER_REAL, PERIOD, PERIOD)
    deadline = time.monotonic() + seconds
    rounds = dict.fromkeys([call.__name__ for call in CALLS], 0)
    while time.monotonic() < deadline or not all(rounds.values()):
        for call in CALLS:
            for family in HOSTS:
                call(family)
                rounds[call.__name__] += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps({"signals": len(signals), "rounds": rounds}))


main()
