"""Reads, writes and questions while a connect is under way."""

import select
import socket

import pytest

import pysock
from pysock import errors
from support.failure_check import caught
from support.loopback import PATIENCE_S, connected, listen, refusing
from support.queued import silent_address

MSG_FASTOPEN = 0x20000000  # <linux/socket.h>; no name in the interpreter


@pytest.fixture
def connecting():
    """A connect that nobody answers, since the queue there is full."""
    with silent_address() as address, pysock.socket() as sock:
        sock.setblocking(False)
        assert caught(sock.connect, address).code == "connect-in-progress"
        yield sock


@pytest.mark.parametrize(
    "call", [lambda s: s.recv(1), lambda s: s.send(b"x")], ids=["recv", "send"]
)
def test_what_waits_for_the_connect_says_so(connecting, call):
    connecting.settimeout(0.01)
    error = caught(call, connecting)
    assert type(error) is errors.TransferTimeoutError
    assert error.code == "connect-timeout-deadline"
    told = error.explain()
    assert "to the SYN" in told.why
    assert "acknowledge" not in str(told)
    assert any("is full now" in fact for fact in told.seen)


def test_it_has_no_peer_yet(connecting):
    error = caught(connecting.getpeername)
    assert type(error) is errors.NotConnectedError
    assert "still under way" in error.explain().why


def test_our_own_shutdown_of_it_is_not_the_peers_reset(connecting):
    connecting.shutdown(socket.SHUT_RDWR)
    error = caught(connecting.recv, 1)
    assert isinstance(error, errors.NotConnectedError)
    assert error.origin == errors.Origin("caller")
    assert "shutdown()" in error.explain().why


def test_a_listener_has_no_peer(family):
    with listen(pysock, family) as listener:
        told = caught(listener.recv, 1).explain()
    assert "listens" in told.why
    assert "accept()" in told.try_


def test_a_connection_that_has_ended_was_one(family):
    client, server = connected(pysock, family)
    with client, server:
        server.abort()
        assert select.select([client], [], [], PATIENCE_S)[0]
        assert type(caught(client.recv, 1)) is errors.PeerResetError
        told = caught(client.getpeername).explain()
    assert told.code == "not-connected"
    assert "has ended" in told.why
    assert "never" not in told.why


@pytest.mark.parametrize("timeout", [None, 5])
def test_a_write_that_connects_is_refused_as_a_connect(family, timeout):
    with refusing(family) as address, pysock.socket(family.number) as sock:
        sock.settimeout(timeout)
        try:
            sock.sendto(b"x", MSG_FASTOPEN, address)
        except errors.ConnectInProgressError:
            # The interpreter does not wait for that: it ends as it may.
            assert select.select([], [sock], [], PATIENCE_S)[1]
            error = caught(sock.send, b"x")
        except errors.SocketError as exc:
            error = exc
    assert isinstance(error, ConnectionRefusedError)
    assert isinstance(error, errors.ConnectRefusedError)
    assert error.address == address
    assert "ICMP errors" not in str(error.explain())
