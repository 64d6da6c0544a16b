"""pysock_connect_many itself: states, waits and indexes."""

import errno
import os
import socket as standard
import time

import pytest

from pysock.raw.calls import ffi, lib, parse_address
from support.queued import closed_address, listener, silent_address

NO_LIMIT = -1


class Table:
    def __init__(self, size):
        self.size = size
        self.entries = ffi.new("struct pysock_attempt[]", size)
        self.sockets = []

    def put(self, place, address, blocks=1):
        family = 10 if ":" in address[0] else 2
        sock = standard.socket(family)
        self.sockets.append(sock)
        entry = self.entries[place]
        entry.to = parse_address(family, address)[0]
        entry.fd = sock.fileno()
        entry.blocks = blocks
        entry.state = lib.PYSOCK_ATTEMPT_NEW
        return sock, entry

    def step(self, timeout_ns=NO_LIMIT, wait_ms=5000):
        over = ffi.new("int32_t[]", self.size)
        count = lib.pysock_connect_many(
            self.entries, self.size, timeout_ns, wait_ms, over
        )
        return count if count < 0 else ffi.unpack(over, count)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        for sock in self.sockets:
            sock.close()


@pytest.mark.parametrize("size", [8, 100])
def test_free_places_are_passed_over(size):
    with Table(size) as table, listener() as sock:
        _, entry = table.put(size - 2, sock.getsockname())
        assert table.step() == [size - 2]
        assert (entry.state, entry.error) == (lib.PYSOCK_ATTEMPT_OVER, 0)
        assert entry.started_ns <= entry.ended_ns <= time.monotonic_ns()
        # Over once, told once.
        assert table.step(wait_ms=0) == []


@pytest.mark.parametrize("blocks", [0, 1])
def test_mode_afterwards(blocks):
    with Table(1) as table, listener() as sock:
        client, _ = table.put(0, sock.getsockname(), blocks)
        table.step()
        assert os.get_blocking(client.fileno()) is bool(blocks)


def test_the_verdict_is_taken_and_the_evidence_is_left():
    with Table(1) as table, closed_address() as address:
        client, entry = table.put(0, address)
        table.step()
        assert (entry.error, entry.at_once) == (errno.ECONNREFUSED, 0)
        assert lib.pysock_take_error(client.fileno()) == 0


def test_at_once_does_not_wait_for_the_others():
    with Table(2) as table, silent_address() as silent:
        table.put(0, silent)
        _, entry = table.put(1, ("224.0.0.1", 9))
        started = time.monotonic()
        assert table.step() == [1]
        assert time.monotonic() - started < 2
        assert (entry.error, entry.at_once) == (errno.ENETUNREACH, 1)


def test_wait_and_timeout():
    with Table(1) as table, silent_address() as silent:
        _, entry = table.put(0, silent)
        started = time.monotonic()
        assert table.step(wait_ms=50) == []
        assert 0.05 <= time.monotonic() - started < 2
        assert entry.state == lib.PYSOCK_ATTEMPT_UNDER_WAY
        assert table.step(timeout_ns=150_000_000, wait_ms=-1) == [0]
        assert 0.15 <= time.monotonic() - started < 2
        assert entry.error == lib.PYSOCK_OUT_OF_TIME
        assert entry.ended_ns - entry.started_ns >= 150_000_000


def test_bad_descriptor():
    with Table(1) as table:
        client, entry = table.put(0, ("127.0.0.1", 9))
        client.close()
        assert table.step() == [0]
        assert entry.error == errno.EBADF


def test_descriptor_closed_under_way():
    with Table(1) as table, silent_address() as silent:
        client, entry = table.put(0, silent)
        assert table.step(wait_ms=0) == []
        client.close()
        assert table.step() == [0]
        assert entry.error == errno.EBADF
