"""accept with a timeout is the interpreter's own, however long the queue."""

import os
import socket as standard
import time

import pytest

import pysock
from pysock import errors
from support.queued import clients, close_all, listener

MANY, TIMEOUT = 40, 0.2

UNTOUCHED = [
    "gettimeout", "getblocking", "timeout", "family", "type", "proto",
]  # fmt: skip


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_tells_the_mode_is_the_standard_class_s(name):
    def found_in(kind):
        return next(base for base in kind.__mro__ if name in vars(base))

    assert found_in(pysock.socket) is found_in(standard.socket)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_mode_and_no_timeout_changes_while_many_wait(host):
    with (
        listener(host, timeout=TIMEOUT) as sock,
        clients(sock, MANY) as connected,
    ):
        accepted = []
        for _ in range(MANY):
            accepted.append(sock.accept())
            # What the interpreter's C has, whatever a method might say.
            assert standard.socket.gettimeout(sock) == TIMEOUT
            assert not os.get_blocking(sock.fileno())
        assert [address for _, address in accepted] == [
            client.getsockname() for client in connected
        ]
        for connection, _ in accepted:
            assert type(connection) is pysock.socket
            assert connection.gettimeout() is None
            assert os.get_blocking(connection.fileno())
        close_all(accepted)


def test_who_shares_the_descriptor_may_empty_the_queue():
    with listener(timeout=TIMEOUT) as sock, clients(sock, MANY):
        close_all([sock.accept()])
        with standard.socket(fileno=os.dup(sock.fileno())) as other:
            close_all([other.accept() for _ in range(MANY - 1)])
        started = time.monotonic()
        with pytest.raises(errors.AcceptTimeoutError) as caught:
            sock.accept()
        assert time.monotonic() - started >= TIMEOUT
    assert caught.value.args == ("timed out",)
    assert caught.value.elapsed == TIMEOUT
    assert caught.value.__context__ is None
    assert caught.value.tcp_info is not None


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
