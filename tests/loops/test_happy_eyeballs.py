"""create_connection with a delay: who wins, and what is said if nobody."""

import inspect
import os
import pickle
import signal
import socket as standard
import threading
import time
import traceback
from unittest import mock

import pytest

import pysock
from pysock import errors
from pysock.loops.happy_eyeballs import interleave
from support.queued import (
    closed_address,
    entry,
    listener,
    open_descriptors,
    resolving,
    run_child,
    silent_address,
)

DELAY = 0.05


def connect(**options):
    options.setdefault("happy_eyeballs_delay", DELAY)
    return pysock.create_connection(("name", 80), **options)


@pytest.fixture(autouse=True)
def nothing_left_open():
    before = open_descriptors()
    yield
    assert open_descriptors() == before


def test_a_silent_first_address_costs_the_delay_and_no_more():
    with (
        silent_address("::1") as silent,
        listener() as sock,
        resolving(silent, sock.getsockname()),
    ):
        started = time.monotonic()
        with connect(timeout=10) as client:
            assert DELAY <= time.monotonic() - started < 5
            assert client.getpeername() == sock.getsockname()
            assert client.gettimeout() == 10
            assert not os.get_blocking(client.fileno())


def test_a_refusal_starts_the_next_at_once():
    with (
        closed_address("::1") as closed,
        listener() as sock,
        resolving(closed, sock.getsockname()),
    ):
        started = time.monotonic()
        with connect(happy_eyeballs_delay=30) as client:
            assert time.monotonic() - started < 10
            assert client.gettimeout() is None
            assert os.get_blocking(client.fileno())
            assert type(client) is pysock.socket


def test_attempts_are_side_by_side_with_a_whole_timeout_each():
    with (
        silent_address() as a,
        silent_address("::1") as b,
        resolving(a, b, a),
        pytest.raises(errors.AllAttemptsFailedError) as caught,
    ):
        connect(timeout=0.3)
    elapsed = [error.elapsed for error in caught.value.attempts]
    assert all(0.3 <= seconds < 2 for seconds in elapsed)


def test_an_earlier_one_may_still_win():
    """The delay is over, a second one is under way, and the first answers."""
    with (
        silent_address("::1") as silent,
        listener(backlog=0) as slow,
        pysock.create_connection(slow.getsockname()),
        resolving(slow.getsockname(), silent),
    ):
        # Room for the SYN that is sent again after a second.
        timer = threading.Timer(0.3, lambda: slow.accept()[0].close())
        timer.start()
        with connect(timeout=20) as client:
            assert client.getpeername() == slow.getsockname()
        timer.join()


def test_total_time_of_all_silent_is_one_timeout_and_the_delays():
    with silent_address() as a, silent_address("::1") as b, resolving(a, b, a):
        started = time.monotonic()
        with pytest.raises(errors.ConnectTimeoutError):
            connect(timeout=0.3)
        assert 0.4 <= time.monotonic() - started < 0.4 + 2


def test_all_fail_gives_one_error_with_every_attempt():
    with (
        silent_address("::1") as silent,
        closed_address() as closed,
        resolving(silent, ("224.0.0.1", 9), closed),
        pytest.raises(errors.ConnectError) as caught,
    ):
        connect(timeout=0.2)
    error = caught.value
    assert isinstance(error, errors.AllAttemptsFailedError)
    # In the order of the attempts: the families take turns, IPv4 in its own.
    assert [(type(e), e.address, e.origin.kind) for e in error.attempts] == [
        (errors.ConnectTimeoutError, silent, "deadline"),
        (errors.NetworkUnreachableError, ("224.0.0.1", 9), "route"),
        (errors.ConnectRefusedError, closed, "peer"),
    ]
    assert all(e.elapsed >= 0 for e in error.attempts)
    # It is what the standard function raises: the last one.
    assert isinstance(error, ConnectionRefusedError)
    assert (error.errno, error.address) == (111, closed)
    assert error.target == ("name", 80)
    assert str(error).startswith("[Errno 111] Connection refused: connect ")
    assert "last of 3 addresses of name:80" in str(error)
    shown = "".join(traceback.format_exception(error))
    for attempt in error.attempts:
        assert str(attempt) in shown
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert [str(e) for e in again.attempts] == [str(e) for e in error.attempts]


def test_a_single_address_gives_the_same_kind_of_error():
    with closed_address() as closed, resolving(closed):
        with pytest.raises(errors.ConnectRefusedError) as caught:
            connect()
        [attempt] = caught.value.attempts
        assert attempt.address == closed
        assert "addresses of" not in str(caught.value)


def test_all_errors_is_a_group_as_in_the_standard_module():
    with closed_address() as a, closed_address("::1") as b, resolving(a, b):
        with pytest.raises(ExceptionGroup) as caught:
            connect(all_errors=True)
        assert caught.value.message == "create_connection failed"
        assert [type(e) for e in caught.value.exceptions] == [
            errors.ConnectRefusedError
        ] * 2


def test_losers_are_closed():
    with (
        silent_address() as silent,
        listener("::1") as sock,
        resolving(silent, silent, sock.getsockname()),
    ):
        # The families take turns, so the second is the one that answers.
        before = len(open_descriptors())
        with connect():
            assert len(open_descriptors()) == before + 1


def test_source_address_is_bound_and_its_failure_is_an_attempts():
    with (
        listener() as sock,
        listener("::1") as other,
        resolving(other.getsockname(), sock.getsockname()),
        # An IPv4 source cannot be bound for an IPv6 address.
        connect(source_address=("127.0.0.2", 0)) as client,
    ):
        assert client.getsockname()[0] == "127.0.0.2"
        assert client.getpeername() == sock.getsockname()


def test_ctrl_c_ends_it_at_once():
    main = threading.main_thread().ident
    with silent_address() as a, silent_address("::1") as b, resolving(a, b):
        timer = threading.Timer(
            0.1, lambda: signal.pthread_kill(main, signal.SIGINT)
        )
        timer.start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            connect()
        assert time.monotonic() - started < 2
        timer.join()


def test_signals_do_not_shorten_the_delay():
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *args: seen.append(args))
    try:
        with (
            silent_address("::1") as silent,
            listener() as sock,
            resolving(silent, sock.getsockname()),
        ):
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            started = time.monotonic()
            with connect(happy_eyeballs_delay=0.2):
                assert 0.2 <= time.monotonic() - started < 5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(seen) > 3


def test_a_name_that_does_not_resolve():
    failure = errors.ResolveError(-2, "Name or service not known")
    with (
        mock.patch("pysock.getaddrinfo", side_effect=failure),
        pytest.raises(errors.ResolveError),
    ):
        connect()


@pytest.mark.parametrize(
    "wrong",
    [
        {"happy_eyeballs_delay": -1},
        {"happy_eyeballs_delay": float("nan")},
        {"happy_eyeballs_delay": float("inf")},
        {"timeout": 0},
    ],
)
def test_what_makes_no_sense(wrong):
    with (
        closed_address() as closed,
        resolving(closed),
        pytest.raises(ValueError, match="delay"),
    ):
        connect(**wrong)


def test_families_take_turns_and_keep_their_order():
    a, b, c = ("10.0.0.1", 1), ("10.0.0.2", 1), ("10.0.0.3", 1)
    x, y = ("::1", 1, 0, 0), ("::2", 1, 0, 0)
    for given, wanted in [
        ([a, b, c, x, y], [a, x, b, y, c]),
        ([x, y, a], [x, a, y]),
        ([a, b], [a, b]),
        ([x], [x]),
    ]:
        ordered = interleave([entry(address) for address in given])
        assert [found[4] for found in ordered] == wanted


def test_without_a_delay_it_is_the_standard_function():
    """Same signature, and every name is looked up in pysock."""
    ours = inspect.signature(pysock.create_connection).parameters
    theirs = inspect.signature(standard.create_connection).parameters
    assert list(ours) == [*theirs, "happy_eyeballs_delay", "deadline"]
    for name, parameter in theirs.items():
        assert ours[name].default == parameter.default
        assert ours[name].kind == parameter.kind
    with (
        closed_address() as closed,
        listener() as sock,
        resolving(closed, sock.getsockname()) as getaddrinfo,
    ):
        with connect(happy_eyeballs_delay=None, timeout=5) as client:
            assert client.getpeername() == sock.getsockname()
        getaddrinfo.assert_called_once_with("name", 80, 0, 1)
    with (
        mock.patch("pysock.socket", side_effect=OSError(9, "patched")),
        pytest.raises(OSError, match="patched"),
    ):
        pysock.create_connection(("127.0.0.1", 9))


def test_audit_hooks_see_every_attempt():
    run_child("""
import sys, pysock
from unittest import mock
seen = []
sys.addaudithook(
    lambda event, args: event == "socket.connect" and seen.append(args[1])
)
ls = pysock.create_server(("127.0.0.1", 0))
here, gone = ls.getsockname(), pysock.socket()
gone.bind(("127.0.0.1", 0))
found = [(2, 1, 6, "", a) for a in (gone.getsockname(), here)]
with mock.patch("pysock.getaddrinfo", return_value=found):
    pysock.create_connection(("name", 1), happy_eyeballs_delay=1).close()
assert seen == [gone.getsockname(), here], seen
ls.close(), gone.close()
""")
