"""pysock_connect, _connect_start and _disconnect, errno by errno."""

import errno
import os
import socket

import pytest

from pysock import TcpState
from pysock.raw.calls import lib, new_address, parse_address
from support import loopback
from support.loopback import (
    BLOCKING,
    NONBLOCKING,
    wait_for_state,
    wait_writable,
)

IPV6_RECVERR = 25  # the socket module has no name for it


def target(sock_or_address, family):
    address = sock_or_address
    if hasattr(address, "getsockname"):
        address = address.getsockname()
    return parse_address(family.number, address)


def test_descriptors_that_are_none(family, listener, closed_fd, file_fd):
    to = target(listener, family)
    for fd, number in (
        (closed_fd, errno.EBADF),
        (-1, errno.EBADF),
        (file_fd, errno.ENOTSOCK),
    ):
        assert lib.pysock_connect(fd, to) == -number
        assert lib.pysock_connect_start(fd, to, 0) == -number
        assert lib.pysock_disconnect(fd) == -number


def test_address_that_is_empty(family):
    with socket.socket(family.number) as sock:
        result = lib.pysock_connect(sock.fileno(), new_address())
        assert result == -errno.EAFNOSUPPORT


def test_address_of_the_other_family(family):
    host = "::1" if family.number == socket.AF_INET else "127.0.0.1"
    other = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family.number) as sock:
        to = parse_address(other, (host, 9))
        assert lib.pysock_connect(sock.fileno(), to) in (
            -errno.EAFNOSUPPORT,
            -errno.EINVAL,
        )


def test_blocking(family, listener, refusing_address):
    with socket.socket(family.number) as sock:
        fd = sock.fileno()
        refused = lib.pysock_connect(fd, target(refusing_address, family))
        assert refused == -errno.ECONNREFUSED
        assert lib.pysock_connect(fd, target(listener, family)) == 0
        again = lib.pysock_connect(fd, target(listener, family))
        assert again == -errno.EISCONN


def test_nonblocking(family, silent_listener):
    with socket.socket(family.number) as sock:
        sock.setblocking(False)
        fd, to = sock.fileno(), target(silent_listener, family)
        assert lib.pysock_connect(fd, to) == -errno.EINPROGRESS
        assert lib.pysock_connect(fd, to) == -errno.EALREADY
        assert lib.pysock_disconnect(fd) == 0
        assert lib.pysock_connect(fd, to) == -errno.EINPROGRESS


@pytest.mark.parametrize("timeout", [BLOCKING, NONBLOCKING])
def test_start_on_loopback_is_over_at_once(family, listener, timeout):
    with socket.socket(family.number) as sock:
        sock.settimeout(timeout)
        fd, to = sock.fileno(), target(listener, family)
        blocking = int(timeout is BLOCKING)
        assert lib.pysock_connect_start(fd, to, blocking) == 0
        assert os.get_blocking(fd) == bool(blocking)
        # Only the blocking one is marked connected, as the contract says.
        again = -errno.EISCONN if blocking else 0
        assert lib.pysock_connect(fd, to) == again
        assert lib.pysock_connect(fd, to) == -errno.EISCONN


def test_start_leaves_a_slow_connect_in_nonblocking_mode(
    family, silent_listener
):
    with socket.socket(family.number) as sock:
        fd, to = sock.fileno(), target(silent_listener, family)
        is_ipv6 = family.number == socket.AF_INET6
        under_way = lib.PYSOCK_ASKING if is_ipv6 else -errno.EINPROGRESS
        assert lib.pysock_connect_start(fd, to, 1) == under_way
        assert not os.get_blocking(fd)
        if is_ipv6:
            assert sock.getsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR) == 1


@pytest.mark.parametrize("family", [loopback.IPV6], ids=str)
def test_start_does_not_claim_a_recverr_that_was_on(silent_listener, family):
    with socket.socket(family.number) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
        fd, to = sock.fileno(), target(silent_listener, family)
        assert lib.pysock_connect_start(fd, to, 1) == -errno.EINPROGRESS


def test_start_of_a_refused_connect_keeps_its_errno(family, refusing_address):
    with socket.socket(family.number) as sock:
        fd, to = sock.fileno(), target(refusing_address, family)
        assert lib.pysock_connect_start(fd, to, 1) == -errno.EINPROGRESS
        wait_writable(sock)
        assert lib.pysock_take_error(fd) == errno.ECONNREFUSED


def test_disconnect_resets_a_connection(pair):
    client, server = pair
    assert lib.pysock_disconnect(client.fileno()) == 0
    wait_for_state(server, TcpState.CLOSE)
    assert lib.pysock_take_error(server.fileno()) == errno.ECONNRESET
