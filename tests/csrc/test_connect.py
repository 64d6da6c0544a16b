"""pysock_connect and _disconnect, errno by errno."""

import errno
import socket

from pysock import TcpState
from pysock.raw.calls import lib, new_address, parse_address
from support.loopback import wait_for_state


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


def test_nonblocking(family, silent_address):
    with socket.socket(family.number) as sock:
        sock.setblocking(False)
        fd, to = sock.fileno(), target(silent_address, family)
        assert lib.pysock_connect(fd, to) == -errno.EINPROGRESS
        assert lib.pysock_connect(fd, to) == -errno.EALREADY
        assert lib.pysock_disconnect(fd) == 0
        assert lib.pysock_connect(fd, to) == -errno.EINPROGRESS


def test_disconnect_resets_a_connection(pair):
    client, server = pair
    assert lib.pysock_disconnect(client.fileno()) == 0
    wait_for_state(server, TcpState.CLOSE)
    assert lib.pysock_take_error(server.fileno()) == errno.ECONNRESET
