"""MPTCP: TCP_INFO is one subflow's, and decides nothing about the whole."""

import contextlib
import select
import socket

import pytest

import pysock
from pysock import errors
from support.failure_check import caught
from support.loopback import PATIENCE_S
from support.requirements import skip_or_fail

IPPROTO_MPTCP = 262


@pytest.fixture
def pair():
    """Both ends of a connection that both ends have as MPTCP."""
    with contextlib.ExitStack() as stack:
        made = []
        try:
            for _ in range(2):
                sock = pysock.socket(proto=IPPROTO_MPTCP)
                made.append(stack.enter_context(sock))
        except OSError as error:
            skip_or_fail(f"the kernel has no MPTCP here: {error}")
        listener, client = made
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        server = stack.enter_context(listener.accept()[0])
        yield client, server


def wait_readable(sock):
    assert select.select([sock], [], [], PATIENCE_S)[0]


@pytest.mark.parametrize("who", ["the peer", "this program"])
def test_an_end_is_nobodys(pair, who):
    """The subflow stays ESTABLISHED, which said that we had ended it."""
    client, server = pair
    server.sendall(b"ab")
    wait_readable(client)
    if who == "the peer":
        server.close()
    else:
        client.shutdown(socket.SHUT_RD)
    error = caught(client.recv_exactly, 3)
    assert type(error) is errors.PeerClosedError
    assert str(error).startswith("the stream ended after ")
    assert error.origin is None
    told = error.explain()
    assert "cannot be told" in told.why
    assert "FIN" not in str(told)


def test_a_reset_is_not_the_connects(pair):
    """It ends the subflow, whose reading is as if there had been none."""
    client, server = pair
    client.sendall(b"abc")
    wait_readable(server)
    server.close()  # with data unread
    wait_readable(client)
    error = caught(client.recv, 1)
    assert isinstance(error, ConnectionResetError)
    assert isinstance(error, errors.TransferError)
    assert not isinstance(error, errors.ConnectError)
    error = caught(client.send, b"x")
    assert isinstance(error, BrokenPipeError)
    assert not isinstance(error, errors.NotConnectedError)


def test_a_timeout_says_nothing_of_the_peer(pair):
    client, _ = pair
    client.sendall(b"hello")
    client.settimeout(0.01)
    error = caught(client.recv, 1)
    assert error.code == "timeout"
    assert error.tcp_info is error.delivery is None


def test_a_refused_connect_is_told_as_ever():
    with contextlib.ExitStack() as stack:
        try:
            sock = stack.enter_context(pysock.socket(proto=IPPROTO_MPTCP))
        except OSError as error:
            skip_or_fail(f"the kernel has no MPTCP here: {error}")
        bound = stack.enter_context(socket.socket())
        bound.bind(("127.0.0.1", 0))
        error = caught(sock.connect, bound.getsockname())
    assert error.code == "connect-refused-reset"
