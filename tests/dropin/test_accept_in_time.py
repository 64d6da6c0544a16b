"""accept with a timeout, where many connections wait.

Nothing but the time it takes may tell that C does not know the timeout.
"""

import contextlib
import os
import resource
import socket as standard
import threading
import time

import pytest

import pysock
from pysock import errors
from support.deep_queue import (
    MANY,
    TIMEOUT,
    busy_listener,
    take,
    timeout_of_c,
    times_out,
)
from support.queued import clients, close_all, listener


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_each_connection_once_and_in_order(host):
    with (
        listener(host, timeout=TIMEOUT) as sock,
        clients(sock, MANY) as connected,
    ):
        accepted = [sock.accept() for _ in range(MANY)]
        # Given back while the queue was getting short.
        assert timeout_of_c(sock) == TIMEOUT
        assert [address for _, address in accepted] == [
            client.getsockname() for client in connected
        ]
        for connection, _ in accepted:
            assert type(connection) is pysock.socket
            assert connection.gettimeout() is None
            assert os.get_blocking(connection.fileno())
        close_all(accepted)
        times_out(sock)


def test_the_timeout_is_what_was_set():
    with busy_listener() as (sock, _):
        assert sock.gettimeout() == sock.timeout == TIMEOUT
        assert sock.getblocking()
        assert not os.get_blocking(sock.fileno())
        with sock.dup() as copy:
            assert copy.gettimeout() == TIMEOUT
            assert timeout_of_c(copy) == TIMEOUT
    assert sock.gettimeout() == TIMEOUT


def test_a_short_queue_is_left_to_the_interpreter():
    with (
        listener(timeout=TIMEOUT) as sock,
        clients(sock, 7),
    ):
        close_all([sock.accept() for _ in range(7)])
        assert timeout_of_c(sock) == TIMEOUT
        times_out(sock)


def test_a_default_timeout_counts_too():
    pysock.setdefaulttimeout(TIMEOUT)
    try:
        sock = pysock.create_server(("127.0.0.1", 0), backlog=128)
    finally:
        pysock.setdefaulttimeout(None)
    with sock, clients(sock, MANY):
        close_all([sock.accept()])
        assert timeout_of_c(sock) == 0
        close_all([sock.accept() for _ in range(MANY - 1)])
        times_out(sock)


def test_others_take_what_was_there():
    with busy_listener() as (sock, _):
        take(sock, MANY - 1)
        times_out(sock)


def test_others_take_what_was_there_and_one_more_comes():
    with busy_listener(timeout=20) as (sock, _):
        take(sock, MANY - 1)
        address = sock.getsockname()
        late = []
        timer = threading.Timer(
            0.1, lambda: late.append(standard.create_connection(address))
        )
        timer.start()
        connection, peer = sock.accept()
        timer.join()
        assert peer == late[0].getsockname()
        connection.close()
        late[0].close()


@pytest.mark.parametrize("call", ["settimeout", "setblocking"])
def test_then_without_waiting(call):
    with busy_listener() as (sock, _):
        getattr(sock, call)(False)
        assert sock.gettimeout() == sock.timeout == 0
        assert not sock.getblocking()
        close_all([sock.accept() for _ in range(MANY - 1)])
        with pytest.raises(errors.AcceptWouldBlockError):
            sock.accept()


@pytest.mark.parametrize(
    ("call", "value"), [("settimeout", None), ("setblocking", True)]
)
def test_then_without_a_limit(call, value):
    with busy_listener() as (sock, _):
        getattr(sock, call)(value)
        assert sock.gettimeout() is None
        assert sock.timeout is None
        assert sock.getblocking()
        assert os.get_blocking(sock.fileno())
        close_all([sock.accept() for _ in range(MANY - 1)])


def test_then_with_another_timeout():
    with busy_listener(timeout=20) as (sock, _):
        sock.settimeout(TIMEOUT)
        assert sock.gettimeout() == TIMEOUT
        close_all([sock.accept() for _ in range(MANY - 1)])
        times_out(sock)


def test_a_value_that_is_refused_changes_nothing():
    with busy_listener() as (sock, _):
        with pytest.raises(ValueError, match="out of range"):
            sock.settimeout(-1)
        with pytest.raises(TypeError):
            sock.settimeout("1")
        assert sock.gettimeout() == TIMEOUT


def test_a_descriptor_that_others_made_block_stays_so():
    """Who shares it would get EAGAIN out of an accept that is to wait."""
    with listener(timeout=TIMEOUT) as sock, clients(sock, MANY):
        os.set_blocking(sock.fileno(), True)
        for _ in range(MANY):
            close_all([sock.accept()])
            assert os.get_blocking(sock.fileno())
            assert timeout_of_c(sock) == TIMEOUT
        times_out(sock)


def test_a_descriptor_that_others_make_block_still_times_out():
    with busy_listener() as (sock, _):
        os.set_blocking(sock.fileno(), True)
        close_all([sock.accept() for _ in range(MANY - 1)])
        times_out(sock)
        assert os.get_blocking(sock.fileno())


def test_others_make_it_block_and_take_a_half():
    """No more than a half is accepted without a look."""
    with busy_listener() as (sock, _):
        os.set_blocking(sock.fileno(), True)
        take(sock, MANY // 2)
        close_all([sock.accept() for _ in range(MANY // 2 - 1)])
        times_out(sock)
        assert os.get_blocking(sock.fileno())


def test_a_subclass_that_wraps_what_it_accepts():
    """It is asked once, also when somebody else took the connection."""

    class Wrapping(pysock.socket):
        def accept(self):
            connection, peer = super().accept()
            return [connection], peer

    with (
        Wrapping() as sock,
        contextlib.ExitStack() as stack,
    ):
        sock.bind(("127.0.0.1", 0))
        sock.listen(128)
        sock.settimeout(20)
        stack.enter_context(clients(sock, MANY))
        sock.accept()[0][0].close()
        assert timeout_of_c(sock) == 0
        take(sock, MANY - 1)
        timer = threading.Timer(
            0.1, lambda: stack.enter_context(clients(sock, 1))
        )
        timer.start()
        (connection,), _ = sock.accept()
        timer.join()
        assert type(connection) is pysock.socket
        connection.close()


def test_a_unix_listener(tmp_path):
    """Of these the kernel does not say how many wait."""
    path = str(tmp_path / "listener")
    with (
        pysock.socket(pysock.AF_UNIX) as sock,
        contextlib.ExitStack() as stack,
    ):
        sock.bind(path)
        sock.listen(128)
        sock.settimeout(TIMEOUT)
        for _ in range(MANY):
            client = stack.enter_context(standard.socket(standard.AF_UNIX))
            client.connect(path)
        close_all([sock.accept() for _ in range(MANY)])
        with pytest.raises(TimeoutError):
            sock.accept()
        assert timeout_of_c(sock) == TIMEOUT


def test_a_socket_that_does_not_listen_yet():
    with pysock.socket() as sock:
        sock.settimeout(TIMEOUT)
        sock.bind(("127.0.0.1", 0))
        with pytest.raises(errors.AcceptError, match="does not listen"):
            sock.accept()
        sock.listen(128)
        with clients(sock, MANY):
            close_all([sock.accept() for _ in range(MANY)])
        times_out(sock)


def test_shut_down_meanwhile():
    with busy_listener() as (sock, _):
        sock.shutdown(pysock.SHUT_RD)
        with pytest.raises(errors.AcceptError, match="does not listen"):
            sock.accept()


def test_a_listener_that_becomes_a_client_has_its_timeout_again():
    with busy_listener() as (sock, _), listener() as other:
        sock.shutdown(pysock.SHUT_RD)
        sock.connect(other.getsockname())
        assert timeout_of_c(sock) == TIMEOUT
        with pytest.raises(errors.TransferTimeoutError):
            sock.recv(1)


def test_closed():
    with busy_listener() as (sock, _):
        sock.close()
        with pytest.raises(errors.ClosedSocketError):
            sock.accept()


@pytest.mark.parametrize(
    ("call", "value"), [("settimeout", 0), ("setblocking", False)]
)
def test_a_setter_on_a_closed_socket_as_in_the_standard_module(call, value):
    """It fails, and its timeout counts all the same."""
    after = []
    for module in (standard, pysock):
        sock = module.create_server(("127.0.0.1", 0))
        sock.settimeout(TIMEOUT)
        sock.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            getattr(sock, call)(value)
        after.append((sock.gettimeout(), sock.getblocking()))
    assert after == [(0.0, False)] * 2


def test_accept_many_and_accept_loop_wait_as_long():
    with busy_listener() as (sock, _):
        close_all(sock.accept_many(MANY))
        started = time.monotonic()
        with pytest.raises(errors.AcceptTimeoutError):
            sock.accept_many()
        with (
            pysock.accept_loop(sock) as loop,
            pytest.raises(errors.AcceptTimeoutError),
        ):
            next(loop)
        assert time.monotonic() - started >= 2 * TIMEOUT


def test_no_descriptor_left():
    with busy_listener() as (sock, _):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        try:
            for _ in range(MANY):
                with pytest.raises(errors.DescriptorLimitError):
                    sock.accept()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        close_all([sock.accept() for _ in range(MANY - 1)])
