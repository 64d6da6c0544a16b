"""connect_many of names: resolved, tried in turn, or not resolved at all."""

import itertools
import time
from unittest import mock

import pysock
from pysock import errors
from support.queued import closed_address, listener, resolving, silent_address


def test_addresses_of_a_name_are_tried_in_turn():
    with (
        closed_address() as closed,
        silent_address("::1") as silent,
        listener() as sock,
        resolving(closed, silent, sock.getsockname()),
    ):
        [result] = pysock.connect_many([("name", 80)], timeout=0.2)
        assert result.address == ("name", 80)
        assert result.socket.getpeername() == sock.getsockname()
        assert 0.2 <= result.elapsed < 5
        result.socket.close()


def test_a_name_that_failed_has_every_attempt():
    with (
        closed_address() as closed,
        silent_address("::1") as silent,
        resolving(silent, closed),
    ):
        [result] = pysock.connect_many([("name", 80)], timeout=0.2)
    error = result.error
    assert isinstance(error, errors.AllAttemptsFailedError)
    assert isinstance(error, ConnectionRefusedError)
    assert [type(e) for e in error.attempts] == [
        errors.ConnectTimeoutError,
        errors.ConnectRefusedError,
    ]
    assert [e.address for e in error.attempts] == [silent, closed]


def test_a_name_that_does_not_resolve_is_a_result():
    failure = errors.ResolveError(-2, "Name or service not known")
    with (
        mock.patch("pysock.getaddrinfo", side_effect=failure),
        closed_address() as closed,
    ):
        results = list(pysock.connect_many([("name", 80), closed]))
    found = {result.address: result for result in results}
    assert found["name", 80].error is failure
    assert found["name", 80].elapsed == 0
    assert type(found[closed].error) is errors.ConnectRefusedError


def test_endless_names_that_do_not_resolve_are_bounded_too():
    names = itertools.count()
    failure = errors.ResolveError(-2, "Name or service not known")
    with mock.patch("pysock.getaddrinfo", side_effect=failure):
        addresses = ((f"name{n}", 80) for n in names)
        results = pysock.connect_many(addresses, concurrency=5)
        assert len(list(itertools.islice(results, 50))) == 50
        assert next(names) <= 60


def test_a_name_without_an_address_of_ours():
    unix = (pysock.AF_UNIX, pysock.SOCK_STREAM, 0, "", "/x")
    for found in ([], [unix]):
        with mock.patch("pysock.getaddrinfo", return_value=found):
            [result] = pysock.connect_many([("name", 80)])
        assert type(result.error) is errors.ResolveError


def test_what_is_decided_is_not_held_back_by_what_is_silent():
    failure = errors.ResolveError(-2, "Name or service not known")
    with (
        mock.patch("pysock.getaddrinfo", side_effect=failure),
        silent_address() as silent,
    ):
        results = pysock.connect_many([silent, ("name", 80)], timeout=30)
        started = time.monotonic()
        assert next(results).address == ("name", 80)
        assert time.monotonic() - started < 10
        results.close()
