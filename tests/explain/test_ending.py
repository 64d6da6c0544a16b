"""A FIN where more was expected: the advice is that of this connection."""

import socket

import pytest

from pysock import errors
from support import loopback

LOG = "read the peer's log of that moment"


def advice(client, size):
    with pytest.raises(errors.PeerClosedError) as caught:
        client.recv_exactly(size)
    return caught.value.explain().try_


def exchange(client, server):
    client.sendall(b"first")
    server.recv_exactly(5)
    server.sendall(b"answer")
    client.recv_exactly(6)


def test_a_kept_connection_that_lay_unused(pair):
    client, server = pair
    exchange(client, server)
    server.shutdown(socket.SHUT_WR)
    loopback.wait_until(
        lambda: client.tcp_info().last_data_recv_ms > 40, "an idle connection"
    )
    client.sendall(b"second")
    assert "unused connections for less long" in advice(client, 1)


def test_a_kept_connection_of_which_cannot_be_told(pair):
    client, server = pair
    exchange(client, server)
    server.close()
    assert "; if not, " + LOG in advice(client, 1)


def test_an_answer_that_broke_off(pair):
    client, server = pair
    client.sendall(b"first")
    server.recv_exactly(5)
    server.sendall(b"answ")
    server.close()
    assert advice(client, 6) == LOG


def test_a_new_connection_without_an_answer(pair):
    client, server = pair
    client.sendall(b"first")
    server.recv_exactly(5)
    server.close()
    assert advice(client, 1) == LOG


def test_a_connection_over_which_nothing_was_asked(pair):
    client, server = pair
    server.close()
    assert advice(client, 1) == LOG
