"""Whose data was the newest: by the kernel's clocks, and where they are equal.

The last part makes each case for real: a request mostly follows an answer
within one tick of the kernel's clock.
"""

import socket
import struct

import pytest

from pysock import TcpInfo
from pysock.raw.calls import lib
from pysock.tcp.turn import newest_data
from support import loopback


def reading(out, into, sent=500, received=500, acked=500, length=280):
    raw = bytearray(280)
    raw[0] = 7
    struct.pack_into("=III", raw, 44, sent, 0, received)
    struct.pack_into("=I", raw, 56, acked)
    struct.pack_into("=I", raw, 68, 50)
    struct.pack_into("=II", raw, 152, into, out)
    return TcpInfo(bytes(raw[:length]))


@pytest.mark.parametrize(
    ("newest", "info", "queued", "quick"),
    [
        ("none", reading(0, 0), 0, True),
        ("ours", reading(1, 0), 0, None),
        ("peer", reading(0, 1), 0, None),
        ("ours", reading(3, 3, sent=496), 0, True),
        ("peer", reading(3, 3, received=496), 0, False),
        # Equal clocks.
        ("ours", reading(3, 3), 1, True),
        ("peer", reading(3, 3), 0, True),
        (None, reading(3, 3), 0, False),
        (None, reading(3, 3), 0, None),
        ("ours", reading(3, 3, acked=456), 0, False),
        (None, reading(3, 3, acked=456), 0, True),
        # A keepalive's answer is later.
        ("peer", reading(3, 3, received=9500, sent=9500), 0, True),
        (None, reading(3, 3, received=9500, sent=9500), 0, False),
        # An older kernel.
        (None, reading(3, 3, length=150), 0, True),
    ],
)
def test_newest(newest, info, queued, quick):
    assert newest_data(info, queued, quick) == newest


def newest_of(sock):
    fd = sock.fileno()
    info = sock.tcp_info()
    quick = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
    return newest_data(info, lib.pysock_send_queue(fd), bool(quick))


def is_old(sock, milliseconds):
    return lambda: sock.tcp_info().last_data_recv_ms >= milliseconds


@pytest.mark.parametrize("rounds", [1, 2, 5, 40])
@pytest.mark.parametrize("asks", ["client", "server"])
def test_after_a_conversation(pair, rounds, asks):
    near, far = pair if asks == "client" else reversed(pair)
    for _ in range(rounds):
        near.send(b"ping")
        far.recv_exactly(4)
        far.send(b"pong")
        near.recv_exactly(4)
    # A delayed ACK takes 200 ms at most.
    loopback.wait_until(is_old(near, 250), "the last ACK")
    assert newest_of(near) == "peer"
    near.send(b"ping")
    far.recv_exactly(4)
    assert newest_of(near) == "ours"


@pytest.mark.parametrize("rounds", [1, 5])
def test_after_a_conversation_that_went_on_at_once(pair, rounds):
    near, far = pair
    for _ in range(rounds):
        near.send(b"ping")
        far.recv_exactly(4)
        far.send(b"pong")
        near.recv_exactly(4)
    near.send(b"ping")  # within the same tick, mostly
    far.recv_exactly(4)
    assert newest_of(near) == "ours"
    loopback.wait_until(is_old(near, 250), "the last ACK")
    assert newest_of(near) == "ours"
