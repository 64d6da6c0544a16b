"""The three readings of a failure, taken together."""

import socket

import pysock
from pysock import TcpState
from pysock.raw.snapshot import snapshot


def test_a_connection_has_all_three(pair):
    client, server = pair
    info, peer, here = snapshot(client.fileno())
    assert info.state == TcpState.ESTABLISHED
    assert len(info.raw) == len(pysock.tcp_info(server).raw)
    assert peer == server.getsockname()
    assert here == client.getsockname()


def test_a_reset_connection_still_knows_its_peer(pair):
    client, server = pair
    there = server.getsockname()
    server.abort()
    info, peer, here = snapshot(client.fileno())
    assert info.state == TcpState.CLOSE
    assert peer == there
    assert here == client.getsockname()


def test_each_is_none_where_there_is_none(family):
    with socket.socket(family.number) as sock:
        info, peer, here = snapshot(sock.fileno())
        assert info.state == TcpState.CLOSE
        assert peer is None
        assert here == sock.getsockname()
    with socket.socket(family.number, socket.SOCK_DGRAM) as sock:
        assert snapshot(sock.fileno())[0] is None
    left, right = socket.socketpair()
    with left as sock, right:
        assert snapshot(sock.fileno()) == (None, None, None)
    assert snapshot(-1) == (None, None, None)
