"""A number that C works with is not closed before C is done."""

import os
import random
import signal
import threading
import time

import pytest

import pysock
from pysock.dropin.in_use import in_use, with_number
from support.queued import open_descriptors


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("way", ["close", "abort"])
def test_closed_when_the_last_user_is_done(way):
    sock = pysock.socket()
    number = sock.fileno()
    seen = []

    def work(given):
        in_thread(getattr(sock, way))
        seen.append((given, sock.fileno(), is_open(number)))
        # Another one is given no number any more.
        seen.append(with_number(sock, lambda given: given))
        seen.append(is_open(number))
        return 5

    assert with_number(sock, work) == 5
    assert seen == [(number, -1, True), -1, True]
    assert not is_open(number)
    assert not in_use


def test_closed_when_what_used_it_raises():
    sock = pysock.socket()
    number = sock.fileno()

    def work(given):
        in_thread(sock.close)
        raise LookupError

    with pytest.raises(LookupError):
        with_number(sock, work)
    assert not is_open(number)
    assert not in_use


def test_others_are_closed_at_once():
    with pysock.socket() as sock:
        other = pysock.socket()
        number = other.fileno()

        def work(given):
            in_thread(other.close)
            return is_open(number)

        assert with_number(sock, work) is False


def test_a_child_of_a_fork_waits_for_nobody():
    """The thread that uses the number is not there."""
    sock = pysock.socket()
    number = sock.fileno()
    # The child's interpreter may warn of the fork.
    read, write = os.pipe()

    def work(given):
        pid = os.fork()
        if pid == 0:
            sock.close()
            os.write(write, b"open" if is_open(number) else b"closed")
            os._exit(0)
        os.waitpid(pid, 0)

    with_number(sock, work)
    assert os.read(read, 10) == b"closed"
    os.close(read)
    os.close(write)
    sock.close()
    assert not is_open(number)


class Stop(BaseException):
    pass


@pytest.mark.parametrize("in_between", [False, True], ids=["alone", "in use"])
def test_a_handler_that_raises_in_close_leaves_nothing_open(in_between):
    armed, raised = False, 0

    def handler(number, frame):
        nonlocal armed
        if armed:
            armed = False
            raise Stop

    before = signal.signal(signal.SIGALRM, handler)
    descriptors = open_descriptors()
    user = object()
    late = time.monotonic() + 1.5
    try:
        while time.monotonic() < late:
            sock = pysock.socket()
            if in_between:
                in_use[user] = -5  # somebody uses another one
            try:
                armed = True
                delay = random.uniform(1e-6, 3e-5)
                signal.setitimer(signal.ITIMER_REAL, delay)
                sock.close()
                armed = False
            except Stop:
                raised += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            armed = False
            in_use.pop(user, None)
            sock.close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        in_use.pop(user, None)
    # What was left to the next one who closes.
    with pysock.socket() as last:
        with_number(last, lambda given: None)
    assert open_descriptors() == descriptors
    assert raised > 20
