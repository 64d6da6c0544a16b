"""pysock_accept_many itself: the counts, the buffers, what it looks at."""

import errno
import os

import pytest

from pysock.raw.calls import ffi, lib
from support.loopback import reset
from support.queued import clients, listener

NULL = ffi.NULL


def take(fd, limit, look=NULL, timeout_ms=0):
    out = ffi.new("struct pysock_accepted[]", limit)
    # A canary behind the room that the contract asks for.
    hosts = ffi.new("char[]", b"#" * (limit * 46 + 1))
    count = lib.pysock_accept_many(fd, timeout_ms, limit, out, hosts, look)
    assert hosts[limit * 46] == b"#"
    for i in range(max(count, 0)):
        os.close(out[i].fd)
    return count, out, hosts


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_hosts_are_joined_by_newlines(host):
    with listener(host) as sock, clients(sock, 3) as theirs:
        count, out, hosts = take(sock.fileno(), 3)
        assert count == 3
        assert ffi.string(hosts) == b"\n".join([host.encode()] * 3)
        assert [out[i].port for i in range(3)] == [
            client.getsockname()[1] for client in theirs
        ]
        assert [out[i].waited_ms for i in range(3)] == [-1] * 3


def test_empty_queue_is_a_timeout():
    with listener() as sock:
        assert take(sock.fileno(), 3)[0] == -errno.ETIMEDOUT


def test_limit_is_checked():
    with listener() as sock:
        out, hosts = ffi.new("struct pysock_accepted[1]"), ffi.new("char[46]")
        for limit in (0, -5):
            assert (
                lib.pysock_accept_many(
                    sock.fileno(), 0, limit, out, hosts, NULL
                )
                == -errno.EINVAL
            )


def test_bad_descriptors():
    assert take(-1, 1)[0] == -errno.EBADF
    reading, writing = os.pipe()
    os.write(writing, b"x")
    assert take(reading, 1)[0] == -errno.ENOTSOCK
    os.close(reading)
    os.close(writing)


def test_dead_connections_are_told_from_living_and_from_closed_ones():
    look = ffi.new("struct pysock_arrivals *")
    with listener(timeout=0) as sock, clients(sock, 4) as theirs:
        reset(theirs[1])
        theirs[2].close()  # a FIN: it may still be answered
        theirs[3].sendall(b"request")
        reset(theirs[3])
        count, out, _ = take(sock.fileno(), 8, look)
        assert [out[i].dead for i in range(count)] == [0, 1, 0, 1]
        assert look.waiting == 4


def test_dead_connections_are_found_beyond_one_look():
    look = ffi.new("struct pysock_arrivals *")
    count = 130
    with listener(backlog=count) as sock, clients(sock, count) as theirs:
        for i in (0, 63, 64, 129):
            reset(theirs[i])
        taken, out, _ = take(sock.fileno(), 256, look)
        assert taken == count
        assert [i for i in range(count) if out[i].dead] == [0, 63, 64, 129]


@pytest.mark.parametrize("timeout", [None, 0])
def test_what_is_left_is_told(timeout):
    look = ffi.new("struct pysock_arrivals *")
    with listener(timeout=timeout) as sock, clients(sock, 20):
        for limit, expected, waiting, left in (
            (1, 1, 20, 19),
            (9, 9, 19, 10),
            (9, 9, 10, 1),
            (9, 1, 1, 0),
        ):
            count, _, _ = take(sock.fileno(), limit, look)
            seen = (count, look.waiting, look.left)
            assert seen == (expected, waiting, left)


def test_every_nth_wait_is_sampled_across_calls():
    look = ffi.new("struct pysock_arrivals *", {"sample_every": 3})
    sampled = []
    with listener() as sock, clients(sock, 10):
        for limit in (4, 4, 4):
            count, out, _ = take(sock.fileno(), limit, look)
            sampled += [out[i].waited_ms >= 0 for i in range(count)]
    assert sampled == [i % 3 == 0 for i in range(10)]
