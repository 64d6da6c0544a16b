"""pysock_shutdown, errno by errno."""

import errno
import socket

from pysock import TcpState
from pysock.raw.calls import lib
from support import loopback


def test_descriptors_that_are_none(closed_fd, file_fd):
    for fd, number in (
        (closed_fd, errno.EBADF),
        (-1, errno.EBADF),
        (file_fd, errno.ENOTSOCK),
    ):
        assert lib.pysock_shutdown(fd, socket.SHUT_RD) == -number


def test_not_connected(family):
    with socket.socket(family.number) as sock:
        for how in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
            assert lib.pysock_shutdown(sock.fileno(), how) == -errno.ENOTCONN


def test_how_that_is_none_of_the_three(pair):
    for how in (-1, 3, 99):
        assert lib.pysock_shutdown(pair[0].fileno(), how) == -errno.EINVAL


def test_write_half_is_a_fin(pair):
    client, server = pair
    assert lib.pysock_shutdown(client.fileno(), socket.SHUT_WR) == 0
    loopback.wait_for_state(server, TcpState.CLOSE_WAIT)
    server.sendall(b"still")
    assert client.recv_exactly(5) == b"still"
