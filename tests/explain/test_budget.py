"""Asking stops, and a failure that comes again is looked up once.

Counted, not timed: the clock is a test's own.
"""

import contextlib
import socket

import pytest

import pysock
from pysock import errors, sock_diag
from pysock.explain import budget, repeats, telling
from pysock.explain.budget import Budget
from pysock.explain.repeats import FRESH, REPEATS, TOGETHER
from pysock.explain.telling import tell
from support.failure_check import caught
from support.quiet import quiet  # noqa: F401


class Clock:
    """A clock that stands still until somebody moves it on."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def cpu(monkeypatch):
    """CPU time of this thread, as the test has it."""
    clock = Clock()
    monkeypatch.setattr(budget, "thread_time", clock)
    monkeypatch.setattr(repeats.time, "thread_time", clock)
    return clock


@pytest.fixture
def clock(monkeypatch):
    """The time of day, likewise."""
    clock = Clock()
    monkeypatch.setattr(repeats.time, "monotonic", clock)
    return clock


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the kernel's table."""
    calls = []
    ask = sock_diag.sockets

    def counting(*args, **kwargs):
        calls.append((args, kwargs))
        return ask(*args, **kwargs)

    monkeypatch.setattr(sock_diag, "sockets", counting)
    return calls


def refused(port=9):
    error = errors.error_for(
        "connect", 111, address=("127.0.0.1", port),
        origin=errors.Origin("peer"),
    )  # fmt: skip
    assert error.code == "connect-refused-reset"
    return error


def test_a_budget_is_spent_once(cpu):
    some = Budget(0.05)
    assert not some.spent()
    cpu.now += 0.049
    assert not some.spent()
    assert not some.cut
    cpu.now += 0.002
    assert some.spent()
    assert some.cut
    assert Budget(0).spent()


def test_going_through_stops_when_it_is_spent(cpu):
    some, seen = Budget(0.05), []
    for item in some.within(range(1000)):
        seen.append(item)
        cpu.now += 0.001
    assert 50 <= len(seen) < 50 + 64
    assert some.cut
    assert not list(some.within([1]))
    rest = Budget(0.05)
    assert list(rest.within(range(1000))) == list(range(1000))
    assert not rest.cut


def test_no_further_step_is_taken_and_that_is_said(cpu, asked, monkeypatch):
    steps = []

    def slow(case):
        steps.append("slow")
        cpu.now += 1
        return "found"

    looks = (("one", slow), ("two", slow), ("three", slow))
    monkeypatch.setitem(telling.LOOKS, "connect-refused-reset", looks)
    told = tell(refused())
    assert steps == ["slow"]
    assert told.seen[-1] == ("not all was looked at: there was too much of it")


@pytest.mark.usefixtures("cpu", "clock")
def test_the_same_failure_is_looked_up_once(asked):
    first = tell(refused())
    assert len(asked) == 1
    assert first.seen == ()
    for count in range(2, 20):
        told = tell(refused())
        assert told.why == first.why
        assert told.code == first.code
        [fact] = told.seen
        assert fact.startswith("the same failure ")
        assert fact.endswith(", not looked up again")
        assert {2: "once", 3: "twice"}.get(count, f"{count - 1} times") in fact
    assert len(asked) == 1
    # Another peer's is another failure.
    assert tell(refused(10)).seen == ()
    assert len(asked) == 2


@pytest.mark.usefixtures("cpu")
def test_what_was_found_is_not_believed_for_ever(asked, clock):
    tell(refused())
    clock.now += FRESH - 0.1
    assert tell(refused()).seen
    clock.now += 0.2
    assert tell(refused()).seen == ()
    assert len(asked) == 2


@pytest.mark.usefixtures("cpu", "clock")
def test_the_same_exception_is_no_repetition(asked):
    error = refused()
    for _ in range(3):
        assert tell(error).seen == ()
    assert len(asked) == 3


@pytest.mark.usefixtures("clock")
def test_only_looking_is_charged(cpu, asked):
    for port in range(1, 40):
        assert tell(refused(port)).seen == ()
        cpu.now += 1
    assert len(asked) == 39


def test_looking_is_charged_and_ends(cpu, clock, asked, monkeypatch):
    def dear(case):
        cpu.now += 0.03
        return "found"

    code = "connect-refused-reset"
    monkeypatch.setitem(telling.LOOKS, code, (("one", dear),))
    said = [tell(refused(port)).seen for port in range(1, 20)]
    cut = [facts for facts in said if facts and "nothing was look" in facts[0]]
    assert len(said) - len(cut) == int(TOGETHER / 0.03) + 1
    clock.now += FRESH + 1
    assert tell(refused(99)).seen == ()


def test_one_that_knows_no_address_is_like_no_other():
    """Nor is one that has its place in memory."""
    said = set()
    for _ in range(3):
        error = errors.ClosedSocketError(9, "Bad file descriptor")
        error.call = "recv"
        said.add(tell(error).seen)
        del error
    assert said == {()}


def test_memory_of_failures_is_bounded(asked):
    for port in range(1, 500):
        REPEATS.recall(telling.Case(refused(port)))
    assert len(REPEATS._known) <= 64


def test_sockets_without_a_port_are_not_one(family):
    said = []
    for _ in range(2):
        with pysock.socket(family.number) as sock:
            error = caught(sock.recv, 1)
        assert type(error) is errors.NotConnectedError
        said.append(tell(error).seen)
    assert said == [(), ()]


@pytest.mark.usefixtures("quiet")
def test_a_thousand_holders_are_counted_as_far_as_it_goes(asked, monkeypatch):
    """Many sockets of one port: the table is long, and the budget short."""
    real = budget.thread_time
    monkeypatch.setattr(budget, "thread_time", Ticking(real, 0.02))
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.listen(1024)
        for _ in range(400):
            client = stack.enter_context(socket.socket())
            client.connect(listener.getsockname())
            stack.enter_context(listener.accept()[0])
        address = listener.getsockname()
        listener.close()
        with pysock.socket() as sock:
            with pytest.raises(errors.AddressInUseError) as info:
                sock.bind(address)
            told = tell(info.value)
    assert told.seen[-1].startswith("not all was looked at")


class Ticking:
    """A clock that goes on by a step whenever it is read."""

    def __init__(self, clock, step):
        self.now, self.step = clock(), step

    def __call__(self):
        self.now += self.step
        return self.now
