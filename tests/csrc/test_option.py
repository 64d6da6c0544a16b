"""Socket options through C, errno by errno."""

import errno
import os
import socket

import pytest

from pysock.raw.calls import ffi, lib
from support import loopback

PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT
SO_REUSEADDR = (socket.SOL_SOCKET, socket.SO_REUSEADDR)


def test_descriptors_that_are_none(closed_fd, file_fd):
    value = ffi.new("int *")
    buffer = ffi.new("uint8_t[512]")
    for fd, number in (
        (closed_fd, errno.EBADF),
        (-1, errno.EBADF),
        (file_fd, errno.ENOTSOCK),
    ):
        assert lib.pysock_get_option(fd, *SO_REUSEADDR, value) == -number
        assert lib.pysock_set_option(fd, *SO_REUSEADDR, 1) == -number
        assert lib.pysock_take_error(fd) == -number
        assert lib.pysock_tcp_info(fd, buffer, 512) == -number


def test_int_option(udp):
    value = ffi.new("int *", 77)
    fd = udp.fileno()
    assert lib.pysock_get_option(fd, *SO_REUSEADDR, value) == 0
    assert value[0] == 0
    assert lib.pysock_set_option(fd, *SO_REUSEADDR, 1) == 0
    assert lib.pysock_get_option(fd, *SO_REUSEADDR, value) == 0
    assert value[0] == 1
    unknown = lib.pysock_set_option(fd, socket.SOL_SOCKET, 12345, 1)
    assert unknown == -errno.ENOPROTOOPT


def test_take_error_once(pair):
    client, server = pair
    fd = client.fileno()
    assert lib.pysock_take_error(fd) == 0
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    assert lib.pysock_take_error(fd) == errno.ECONNRESET
    assert lib.pysock_take_error(fd) == 0


def test_tcp_info_of_every_size(pair):
    fd = pair[0].fileno()
    whole = lib.pysock_tcp_info(fd, ffi.new("uint8_t[512]"), 512)
    assert whole >= 104
    for size in range(513):
        buffer = ffi.new("uint8_t[512]", [0xEE] * 512)
        got = lib.pysock_tcp_info(fd, buffer, size)
        assert got == min(size, whole)
        assert bytes(buffer)[got:] == b"\xee" * (512 - got)
    assert lib.pysock_tcp_info(fd, buffer, -1) == -errno.EINVAL


def test_tcp_info_of_what_is_not_tcp(udp, unix):
    buffer = ffi.new("uint8_t[512]")
    for sock in (udp, unix):
        result = lib.pysock_tcp_info(sock.fileno(), buffer, 512)
        assert result == -errno.EOPNOTSUPP


def test_nonblocking_mode(udp, closed_fd):
    for on in (1, 1, 0, 0):
        assert lib.pysock_set_nonblocking(udp.fileno(), on) == 0
        assert os.get_blocking(udp.fileno()) is not bool(on)
    assert lib.pysock_set_nonblocking(closed_fd, 1) == -errno.EBADF


def test_memory(pair, closed_fd, file_fd):
    values = ffi.new("uint32_t[9]")
    fd = pair[0].fileno()
    assert lib.pysock_memory(fd, values, 9) == 9
    assert values[1] == pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    # A shorter question is no error, and writes no further.
    short = ffi.new("uint32_t[9]")
    assert lib.pysock_memory(fd, short, 2) == 2
    assert (short[1], short[2]) == (values[1], 0)
    assert lib.pysock_memory(fd, values, -1) == -errno.EINVAL
    assert lib.pysock_memory(closed_fd, values, 9) == -errno.EBADF
    assert lib.pysock_memory(file_fd, values, 9) == -errno.ENOTSOCK


def test_cookies_are_the_sockets_own(pair, closed_fd):
    value = ffi.new("uint64_t *")
    names = lib.PYSOCK_SO_COOKIE, lib.PYSOCK_SO_NETNS_COOKIE
    read = []
    for name in names:
        for sock in pair:
            assert lib.pysock_cookie(sock.fileno(), name, value) == 0
            read.append(value[0])
    assert read[0] != read[1]
    assert read[2] == read[3] != 0
    assert lib.pysock_cookie(closed_fd, names[0], value) == -errno.EBADF
    assert value[0] == 0


def test_send_queue_counts_what_nobody_has_acknowledged(pair, closed_fd):
    client, server = pair
    fd = client.fileno()
    assert lib.pysock_send_queue(fd) == 0
    server.shutdown(socket.SHUT_WR)
    server.close()
    assert client.recv(1) == b""
    client.send(bytes(1000))  # answered by a RST
    loopback.wait_for_state(client, 7)
    assert lib.pysock_send_queue(fd) == 1000
    assert lib.pysock_send_queue(closed_fd) == -errno.EBADF
    with loopback.listen(socket, loopback.IPV4) as listener:
        assert lib.pysock_send_queue(listener.fileno()) == -errno.EINVAL


@pytest.mark.parametrize("unread", [0, 1, 4094])
def test_a_fin_is_known_before_and_after_it_is_read(pair, unread):
    client, server = pair
    fd = client.fileno()
    server.send(bytes(unread))
    loopback.wait_until(
        lambda: not unread or len(client.recv(9999, PEEK)) == unread, "data"
    )
    assert lib.pysock_got_fin(fd) == 0
    server.shutdown(socket.SHUT_WR)
    loopback.wait_for_state(client, 8)
    assert lib.pysock_got_fin(fd) == 1
    while client.recv(9999):
        assert lib.pysock_got_fin(fd) == 1
    assert lib.pysock_got_fin(fd) == 1
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    assert lib.pysock_got_fin(fd) == 1
    # The question takes no pending error.
    assert lib.pysock_take_error(fd) == errno.EPIPE


def test_a_reset_is_no_fin(pair):
    client, server = pair
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    assert lib.pysock_got_fin(client.fileno()) == 0
    assert lib.pysock_take_error(client.fileno()) == errno.ECONNRESET


def test_whether_a_fin_came_is_not_known(pair, udp, closed_fd):
    client, server = pair
    server.send(bytes(8192))
    loopback.wait_until(lambda: len(client.recv(9999, PEEK)) == 8192, "data")
    assert lib.pysock_got_fin(client.fileno()) == -errno.EINVAL
    assert lib.pysock_got_fin(udp.fileno()) < 0
    assert lib.pysock_got_fin(closed_fd) == -errno.EBADF
    with loopback.listen(socket, loopback.IPV4) as listener:
        assert lib.pysock_got_fin(listener.fileno()) == -errno.ENOTCONN
