"""What a signal's handler raises passes through an explanation."""

import random
import signal
import time

import pytest

import pysock
from support.failure_check import caught

# A socket that was just made when the handler raised is closed by the
# interpreter, with this warning.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


class Alarm(Exception):
    """An Exception: what explains catches those of its own."""


class AlarmAsOsError(OSError):
    pass


def failures():
    with pysock.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = sock.getsockname()
        with pysock.socket() as client:
            yield caught(client.connect, address)
    with pysock.socket() as sock:
        yield caught(sock.recv, 1)


@pytest.mark.parametrize("kind", [Alarm, AlarmAsOsError, TimeoutError])
def test_none_is_lost(kind):
    due = raised = 0
    armed = False

    def handler(number, frame):
        nonlocal armed, due
        if armed:
            armed = False
            due += 1
            raise kind("from the handler")

    before = signal.signal(signal.SIGALRM, handler)
    late = time.monotonic() + 3
    try:
        errors_to_explain = list(failures())
        for error in errors_to_explain:
            error.explain()  # what is loaded late is loaded now
        while time.monotonic() < late:
            for error in errors_to_explain:
                try:
                    armed = True
                    delay = random.uniform(1e-6, 1e-3)
                    signal.setitimer(signal.ITIMER_REAL, delay)
                    error.explain()
                    armed = False
                except kind:
                    raised += 1
                signal.setitimer(signal.ITIMER_REAL, 0)
                armed = False
        assert raised == due > 50
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
