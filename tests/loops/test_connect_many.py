"""connect_many: each result, their order, and nothing left open."""

import errno
import gc
import itertools
import os
import signal
import threading
import time

import pytest

import pysock
from pysock import errors
from support.queued import (
    clients,
    closed_address,
    listener,
    open_descriptors,
    run_child,
    silent_address,
)

HOSTS = pytest.mark.parametrize("host", ["127.0.0.1", "::1"])


def close(result):
    if result.socket is not None:
        result.socket.close()


@HOSTS
def test_connected(host):
    with listener(host) as sock:
        [result] = pysock.connect_many([sock.getsockname()])
        ours = result.socket
        assert type(ours) is pysock.socket
        assert result.error is None
        assert result.address == ours.getpeername() == sock.getsockname()
        assert 0 < result.elapsed < 5
        assert 0 < result.rtt_us < 5_000_000
        # As create_connection leaves it.
        assert ours.gettimeout() is None
        assert os.get_blocking(ours.fileno())
        with pytest.raises(errors.AlreadyConnectedError):
            ours.connect(sock.getsockname())
        if host == "::1":
            recverr = 25
            assert ours.getsockopt(pysock.IPPROTO_IPV6, recverr) == 0
        accepted, _ = sock.accept()
        accepted.sendall(b"hello")
        assert ours.recv(9) == b"hello"
        accepted.close()
        ours.close()


@HOSTS
def test_refused(host):
    with closed_address(host) as address:
        [result] = pysock.connect_many([address])
    error = result.error
    assert result.socket is None
    assert result.rtt_us is None
    assert type(error) is errors.ConnectRefusedError
    assert error.origin.kind == "peer"
    assert (error.call, error.address) == ("connect", address)
    assert error.elapsed == result.elapsed
    assert error.tcp_info is not None


@HOSTS
def test_silent_ends_with_the_timeout_and_its_evidence(host):
    with silent_address(host) as address:
        started = time.monotonic()
        [result] = pysock.connect_many([address], timeout=0.2)
        took = time.monotonic() - started
    error = result.error
    assert type(error) is errors.ConnectTimeoutError
    assert (error.errno, error.origin.kind) == (errno.ETIMEDOUT, "deadline")
    assert error.address == address
    assert error.tcp_info.state is pysock.TcpState.SYN_SENT
    assert 0.2 <= result.elapsed <= took < 5


def test_refused_at_once_by_a_route():
    # No route leads to a multicast group over TCP (ENETUNREACH).
    [result] = pysock.connect_many([("224.0.0.1", 9)])
    assert type(result.error) is errors.NetworkUnreachableError
    assert result.error.origin.kind == "route"


def test_order_is_that_of_completion():
    with silent_address() as silent, closed_address() as closed:
        addresses = [silent, closed]
        results = pysock.connect_many(addresses, timeout=0.1)
        assert [result.address for result in results] == [closed, silent]


@HOSTS
def test_a_third_refuses_a_third_is_silent_a_third_accepts(host):
    each = 100
    before = open_descriptors()
    with (
        listener(host, backlog=each) as sock,
        closed_address(host) as closed,
        silent_address(host) as silent,
    ):
        addresses = [sock.getsockname(), closed, silent] * each
        started = time.monotonic()
        results = list(
            pysock.connect_many(addresses, timeout=0.3, concurrency=3 * each)
        )
        assert time.monotonic() - started < 5
        kinds = {sock.getsockname(): None, closed: 0, silent: 0}
        assert len(results) == 3 * each
        for result in results:
            kinds[result.address] = type(result.error)
            close(result)
        assert kinds == {
            sock.getsockname(): type(None),
            closed: errors.ConnectRefusedError,
            silent: errors.ConnectTimeoutError,
        }
    assert open_descriptors() == before


def test_silent_ones_do_not_hold_up_the_others():
    with silent_address() as silent, closed_address() as closed:
        addresses = [silent] * 3 + [closed] * 50
        results = pysock.connect_many(addresses, timeout=5, concurrency=4)
        started = time.monotonic()
        first = list(itertools.islice(results, 50))
        assert time.monotonic() - started < 4
        assert {result.address for result in first} == {closed}
        results.close()


def test_endless_addresses_are_taken_as_there_is_room():
    taken = 0

    def endless(address):
        nonlocal taken
        while True:
            taken += 1
            yield address

    before = open_descriptors()
    with closed_address() as address:
        results = pysock.connect_many(endless(address), concurrency=5)
        for _ in range(100):
            next(results)
            assert taken <= 110
        results.close()
    assert open_descriptors() == before


def test_closed_early_nothing_stays_open():
    before = open_descriptors()
    with listener() as sock, silent_address() as silent:
        addresses = [sock.getsockname()] * 20 + [silent] * 20
        for leave in ("close", "drop"):
            results = pysock.connect_many(addresses)
            next(results).socket.close()
            if leave == "close":
                results.close()
            del results
            gc.collect()
            sock.settimeout(5)
            for _ in range(20):
                sock.accept()[0].close()
    assert open_descriptors() == before


def test_an_iterator_that_raises_closes_everything():
    def broken(address):
        yield from [address] * 4
        raise LookupError

    before = open_descriptors()
    with silent_address() as silent, pytest.raises(LookupError):
        list(pysock.connect_many(broken(silent)))
    assert open_descriptors() == before


def test_ctrl_c_ends_it_at_once():
    before = open_descriptors()
    main = threading.main_thread().ident
    with silent_address() as silent:
        timer = threading.Timer(
            0.1, lambda: signal.pthread_kill(main, signal.SIGINT)
        )
        timer.start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            list(pysock.connect_many([silent] * 5))
        assert time.monotonic() - started < 2
        timer.join()
    assert open_descriptors() == before


def test_a_signal_with_a_handler_changes_nothing():
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *args: seen.append(args))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        with silent_address() as silent:
            [result] = pysock.connect_many([silent], timeout=0.2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert type(result.error) is errors.ConnectTimeoutError
    assert 0.2 <= result.elapsed < 2
    assert len(seen) > 3


@pytest.mark.parametrize("wrong", [5, ("host",), None])
def test_what_is_no_address_raises_and_closes_the_rest(wrong):
    before = open_descriptors()
    with (
        silent_address() as silent,
        pytest.raises((TypeError, ValueError, errors.ResolveError)),
    ):
        list(pysock.connect_many([silent, wrong], timeout=1))
    assert open_descriptors() == before


@pytest.mark.parametrize("wrong", [{"timeout": -1}, {"concurrency": 0}])
def test_arguments_are_checked_before_the_first_result(wrong):
    with pytest.raises(ValueError, match=r"not negative|1 or more"):
        pysock.connect_many([], **wrong)


def test_nothing_to_do():
    assert list(pysock.connect_many([])) == []


def test_progress_adds_up():
    said = []
    with closed_address() as closed, listener() as sock:
        addresses = [closed, sock.getsockname()] * 10
        for result in pysock.connect_many(
            addresses, concurrency=4, progress=said.append
        ):
            close(result)
    for counts in said:
        assert counts.started == (
            counts.connected + counts.failed + counts.under_way
        )
        assert counts.under_way <= 4
    assert said[-1] == (20, 10, 10, 0)
    assert len(said) >= 5


def test_default_timeout_is_that_of_the_sockets():
    with listener() as sock:
        pysock.setdefaulttimeout(7)
        try:
            [result] = pysock.connect_many([sock.getsockname()])
        finally:
            pysock.setdefaulttimeout(None)
        assert result.socket.gettimeout() == 7
        assert not os.get_blocking(result.socket.fileno())
        close(result)


def test_audit_hooks_see_every_connect_and_may_forbid_it():
    run_child("""
import os, sys, pysock
ls = pysock.create_server(("127.0.0.1", 0))
here = ls.getsockname()
seen = []
class Forbidden(Exception): pass
def hook(event, args):
    if event == "socket.connect":
        seen.append(args[1])
        assert type(args[0]) is pysock.socket
        if len(seen) == 3:
            raise Forbidden
sys.addaudithook(hook)
before = sorted(os.listdir("/proc/self/fd"))
try:
    for result in pysock.connect_many([here] * 9, concurrency=2):
        result.socket.close()
except Forbidden:
    pass
else:
    raise AssertionError
assert seen == [here] * 3
assert sorted(os.listdir("/proc/self/fd")) == before
ls.close()
""")


def test_out_of_descriptors_waits_for_one_and_only_then_fails():
    run_child("""
import os, resource, pysock
ls = pysock.create_server(("127.0.0.1", 0), backlog=100)
here = ls.getsockname()
held = [os.open("/dev/null", os.O_RDONLY) for _ in range(4)]
resource.setrlimit(resource.RLIMIT_NOFILE, (held[-1], 4096))
for fd in held:
    os.close(fd)
# 3 descriptors, 20 addresses: whoever closes gets them all.
count = 0
for result in pysock.connect_many([here] * 20):
    assert result.error is None, result
    result.socket.close()
    count += 1
assert count == 20
# Whoever does not gets an error, not a hang.
results = list(pysock.connect_many([here] * 5))
kinds = sorted(type(r.error).__name__ for r in results)
assert kinds == ["DescriptorLimitError"] * 2 + ["NoneType"] * 3, kinds
for result in results:
    if result.socket: result.socket.close()
ls.close()
""")


def test_as_many_at_once_as_the_table_is_long():
    """More than the C side keeps on its stack."""
    count = 200
    with silent_address() as silent:
        before = len(open_descriptors())
        results = pysock.connect_many([silent] * count, timeout=0.5)
        next(results)
        results.close()
        assert len(open_descriptors()) == before
    with listener(backlog=count) as sock, clients(sock, 0):
        results = list(
            pysock.connect_many([sock.getsockname()] * count, concurrency=100)
        )
        assert sum(r.error is None for r in results) == count
        for result in results:
            close(result)
