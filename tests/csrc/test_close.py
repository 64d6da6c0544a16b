"""pysock_close and pysock_close_with_reset, errno by errno."""

import errno
import os

from pysock import TcpState
from pysock.raw.calls import lib
from support import loopback


def test_descriptors_that_are_none(closed_fd, file_fd):
    for close in (lib.pysock_close, lib.pysock_close_with_reset):
        assert close(closed_fd) == -errno.EBADF
        assert close(-1) == -errno.EBADF
    assert lib.pysock_close_with_reset(file_fd) == -errno.ENOTSOCK
    os.fstat(file_fd)  # still open, as the contract says


def test_close_is_a_fin(pair):
    client, server = pair
    assert lib.pysock_close(server.detach()) == 0
    loopback.wait_for_state(client, TcpState.CLOSE_WAIT)


def test_close_with_reset_is_a_rst(pair):
    client, server = pair
    fd = server.detach()
    assert lib.pysock_close_with_reset(fd) == 0
    loopback.wait_for_state(client, TcpState.CLOSE)
    assert lib.pysock_take_error(client.fileno()) == errno.ECONNRESET
    assert lib.pysock_close(fd) == -errno.EBADF


def test_close_of_what_is_not_tcp(file_fd):
    assert lib.pysock_close(os.dup(file_fd)) == 0
