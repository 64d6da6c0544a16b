"""create_connection(deadline=): one limit for the name and all addresses."""

import _thread
import json
import pickle
import socket as standard
import threading
import time
from unittest import mock

import pytest

import pysock
from lab import resolver
from pysock import errors
from support.queued import (
    closed_address,
    entry,
    listener,
    open_descriptors,
    resolving,
    silent_address,
)


@pytest.fixture(autouse=True)
def nothing_left_open():
    before = open_descriptors()
    yield
    assert open_descriptors() == before


def connect(address=("name", 80), **options):
    return pysock.create_connection(address, **options)


def test_in_time_it_is_the_connection_as_ever():
    with listener() as sock, connect(sock.getsockname(), deadline=20) as one:
        assert type(one) is pysock.socket
        assert one.gettimeout() is None
        assert one.getpeername() == sock.getsockname()
    with (
        listener() as sock,
        resolving(sock.getsockname()),
        connect(timeout=7, deadline=20) as one,
    ):
        assert one.gettimeout() == 7


@pytest.mark.parametrize("delay", [None, 0.05])
@pytest.mark.parametrize("timeout", [{}, {"timeout": 30}])
def test_silent_addresses_share_it(delay, timeout):
    began = time.monotonic()
    with (
        silent_address() as one,
        silent_address("::1") as other,
        resolving(one, other),
        pytest.raises(errors.ConnectTimeoutError) as caught,
    ):
        connect(deadline=0.5, happy_eyeballs_delay=delay, **timeout)
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert error.code == "connect-timeout-deadline"
    tried = [attempt.address for attempt in error.attempts]
    assert tried == ([one] if delay is None else [one, other])
    assert error.untried == ((other,) if delay is None else ())
    said = "no time was left to try [::1]:"
    assert (said in str(error.explain())) == (delay is None)
    assert pickle.loads(pickle.dumps(error)).untried == error.untried
    json.dumps(error.to_dict())
    assert time.monotonic() - began >= 0.5  # not too early


def test_the_timeout_of_an_address_stays_its_own():
    with (
        silent_address() as one,
        closed_address() as other,
        resolving(one, other),
        pytest.raises(errors.AllAttemptsFailedError) as caught,
    ):
        connect(timeout=0.05, deadline=30)
    assert [type(error) for error in caught.value.attempts] == [
        errors.ConnectTimeoutError,
        errors.ConnectRefusedError,
    ]
    assert isinstance(caught.value, ConnectionRefusedError)


def test_one_after_the_other_without_a_delay():
    with (
        closed_address() as one,
        listener() as sock,
        resolving(one, sock.getsockname()),
        connect(deadline=20) as client,
    ):
        assert client.getpeername() == sock.getsockname()


def test_all_errors_are_a_group():
    with (
        closed_address() as one,
        closed_address() as other,
        resolving(one, other),
        pytest.raises(ExceptionGroup) as caught,
    ):
        connect(deadline=20, all_errors=True)
    assert [error.address for error in caught.value.exceptions] == [one, other]


def test_a_dead_name_server_does_not_hold_it_up():
    heard = []

    def ask():
        before = _thread._count()
        stop = pysock.on_failure(heard.append)
        with pytest.raises(errors.ResolveError) as caught:
            connect(("host.example", 80), deadline=0.2)
        # The thread that was left behind has only the second that the
        # configuration gives the server.
        limit = time.monotonic() + 20
        while _thread._count() > before and time.monotonic() < limit:
            threading.Event().wait(0.01)
        assert _thread._count() == before
        stop()
        return caught.value

    error = resolver.asking(resolver.SILENT, ask)
    assert isinstance(error, TimeoutError)
    assert isinstance(error, standard.gaierror)
    assert error.origin.kind == "deadline"
    assert error.code == "name-no-answer"
    assert error.address == ("host.example", None)
    assert "no answer came from a name server in " in error.explain().why
    assert heard == [error]


def test_a_name_that_does_not_exist_is_said_as_ever():
    def ask():
        heard = []
        stop = pysock.on_failure(heard.append)
        with pytest.raises(errors.ResolveError) as caught:
            connect(("host.example", 80), deadline=20)
        stop()
        return caught.value, heard

    error, heard = resolver.asking(resolver.NO_SUCH_NAME, ask)
    assert error.code == "name-not-found"
    assert not isinstance(error, TimeoutError)
    assert heard == [error]


def test_the_explanation_says_which_phase_took_what():
    with silent_address() as one:

        def slow(*args):
            threading.Event().wait(0.1)
            return [entry(one)]

        with (
            mock.patch("pysock.getaddrinfo", slow),
            pytest.raises(errors.ConnectTimeoutError) as caught,
        ):
            connect(deadline=0.4)
        seen = "; ".join(caught.value.explain().seen)
    assert "before that, resolving the name took " in seen


def test_what_a_replaced_getaddrinfo_raises_comes_out():
    class Other(Exception):
        pass

    with (
        mock.patch("pysock.getaddrinfo", side_effect=Other),
        pytest.raises(Other),
    ):
        connect(deadline=20)


@pytest.mark.parametrize("deadline", [-1, float("nan"), 1e30])
def test_what_is_no_deadline(deadline):
    with pytest.raises(ValueError, match="not negative"):
        connect(deadline=deadline)


def test_no_time_at_all():
    with silent_address() as one, pytest.raises(errors.ConnectTimeoutError):
        connect(one, deadline=0)


def test_a_socket_that_does_not_block_has_no_deadline():
    with (
        closed_address() as one,
        pytest.raises(ValueError, match="non-blocking"),
    ):
        connect(one, timeout=0, deadline=1)
