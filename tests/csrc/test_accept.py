"""pysock_accept, errno by errno."""

import errno
import os
import socket
import time

import pytest

from pysock.raw.calls import lib, new_address, to_tuple
from support import loopback


def accept(fd, timeout_ms=0):
    peer = new_address()
    return lib.pysock_accept(fd, timeout_ms, peer), peer


@pytest.mark.parametrize("timeout_ms", [-1, 0, 10])
def test_descriptors_that_are_none(closed_fd, file_fd, timeout_ms):
    assert accept(closed_fd, timeout_ms)[0] == -errno.EBADF
    assert accept(-1, timeout_ms)[0] == -errno.EBADF
    assert accept(file_fd, timeout_ms)[0] == -errno.ENOTSOCK


def test_what_does_not_listen(family, udp):
    with socket.socket(family.number) as sock:
        assert accept(sock.fileno(), -1)[0] == -errno.EINVAL
    assert accept(udp.fileno(), -1)[0] == -errno.EOPNOTSUPP


def test_empty_queue(listener):
    started = time.monotonic()
    assert accept(listener.fileno(), 0)[0] == -errno.ETIMEDOUT
    assert accept(listener.fileno(), 30)[0] == -errno.ETIMEDOUT
    assert time.monotonic() - started >= 0.03
    listener.setblocking(False)
    assert accept(listener.fileno(), -1)[0] == -errno.EAGAIN


def test_connection_with_its_peer(family, listener):
    with socket.socket(family.number) as client:
        client.connect(listener.getsockname())
        fd, peer = accept(listener.fileno(), 1000)
        try:
            assert to_tuple(peer) == client.getsockname()
            assert os.get_blocking(fd)
            assert not os.get_inheritable(fd)
        finally:
            os.close(fd)


def test_peer_of_a_connection_that_was_reset(family, listener):
    client = socket.socket(family.number)
    client.connect(listener.getsockname())
    here = client.getsockname()
    loopback.reset(client)
    fd, peer = accept(listener.fileno(), 1000)
    os.close(fd)
    assert to_tuple(peer) == here


def test_family_that_is_not_ip(tmp_path):
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
        fd, peer = accept(server.fileno(), 1000)
        os.close(fd)
    assert peer.family == socket.AF_UNIX
    assert to_tuple(peer) is None
