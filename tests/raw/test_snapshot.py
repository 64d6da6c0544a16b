"""The readings of a failure, taken together."""

import socket
from errno import ECONNREFUSED

import pysock
from pysock import TcpState
from pysock.raw.evidence import network_of
from pysock.raw.snapshot import after_connect, snapshot


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


def test_a_blocking_connect_that_failed_leaves_little(
    family, refusing_address
):
    with socket.socket(family.number) as sock:
        assert sock.connect_ex(refusing_address) == ECONNREFUSED
        fd = sock.fileno()
        info, *others = after_connect(fd, keeps=False)
        assert others == [None, None, None, network_of(fd)]
        assert info.state is TcpState.CLOSE
        assert info.retransmits == 0
        assert info.segs_out is None  # a 0 in the kernel's own
        assert info.ca_state is None
    with socket.socket(family.number) as sock:
        sock.bind((family.host, 0))
        assert sock.connect_ex(refusing_address) == ECONNREFUSED
        _, peer, here, *_ = after_connect(sock.fileno(), keeps=False)
        assert (peer, here) == (None, sock.getsockname())


def test_one_with_a_timeout_leaves_all(family, refusing_address):
    with socket.socket(family.number) as sock:
        sock.settimeout(30)
        assert sock.connect_ex(refusing_address) == ECONNREFUSED
        info, peer, here, *_ = after_connect(sock.fileno(), keeps=False)
        assert peer == refusing_address
        assert here == sock.getsockname()
        assert info.segs_out == 1


def test_of_no_socket_nothing_is_left():
    assert after_connect(-1, keeps=False) == (None,) * 5
