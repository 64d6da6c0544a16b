"""pysock_wait, errno by errno."""

import errno
import time

from pysock import TcpState
from pysock.raw.calls import ERROR, HANGUP, READABLE, WRITABLE, lib
from support import loopback


def test_descriptors_that_are_none(closed_fd):
    for timeout_ms in (-1, 0, 10):
        assert lib.pysock_wait(closed_fd, READABLE, timeout_ms) == -errno.EBADF
        # poll(2) itself would wait for ever.
        assert lib.pysock_wait(-1, READABLE, timeout_ms) == -errno.EBADF


def test_time_is_up(pair):
    fd = pair[0].fileno()
    assert lib.pysock_wait(fd, READABLE, 0) == 0
    started = time.monotonic()
    assert lib.pysock_wait(fd, READABLE, 30) == 0
    assert time.monotonic() - started >= 0.03


def test_events(pair):
    client, server = pair
    fd = client.fileno()
    assert lib.pysock_wait(fd, READABLE | WRITABLE, 0) == WRITABLE
    server.sendall(b"x")
    loopback.wait_readable(client)
    assert lib.pysock_wait(fd, READABLE | WRITABLE, 1000) == (
        READABLE | WRITABLE
    )
    assert lib.pysock_wait(fd, READABLE, -1) == READABLE
    loopback.reset(server)
    loopback.wait_for_state(client, TcpState.CLOSE)
    assert lib.pysock_wait(fd, 0, 0) == ERROR | HANGUP
