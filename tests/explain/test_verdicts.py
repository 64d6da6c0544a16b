"""The verdicts on a read or write that timed out, each made for real."""

import errno
import socket
import struct

import pytest

import pysock
from pysock import errors, testing
from support import loopback


def failure(call, *arguments):
    with pytest.raises(errors.TransferTimeoutError) as info:
        call(*arguments)
    return info.value


def words(error):
    told = error.explain()
    assert told.code == error.code
    return told.why


def test_nothing_was_sent(pair):
    client, _ = pair
    client.settimeout(0.05)
    error = failure(client.recv, 1)
    assert error.code == "timeout-nothing-sent"
    assert words(error).endswith("this program has sent nothing either")


def test_the_program_is_slow(pair):
    client, server = pair
    client.settimeout(0.3)
    client.send(b"x" * 120)
    error = failure(client.recv, 1)
    assert error.code == "timeout-program-slow"
    assert "acknowledged all 120 bytes" in words(error)
    # It is the same when the program has read them, and when not.
    server.recv_exactly(120)
    assert failure(client.recv, 1).code == "timeout-program-slow"


def test_half_an_answer(pair):
    client, server = pair
    client.settimeout(0.3)
    client.send(b"x" * 120)
    server.recv_exactly(120)
    loopback.wait_until(
        lambda: server.tcp_info().last_data_recv_ms >= 20, "20 ms"
    )
    server.send(b"y" * 2048)
    error = failure(client.recv_exactly, 4096)
    assert error.code == "timeout"
    assert words(error).startswith("2,048 bytes came from ")
    assert "then nothing for " in words(error)
    assert "this program has sent nothing since" in words(error)


@pytest.mark.parametrize("seconds", [0.1, 1.0, 1.6])
@pytest.mark.parametrize("shrinks", [False, True])
def test_the_peers_program_does_not_read(pair, seconds, shrinks):
    """Between two of the kernel's probes, and after some of them."""
    client, server = pair
    if shrinks:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(seconds)
    error = failure(client.sendall, bytes(20_000_000))
    assert error.code == "timeout-window-closed"
    assert "does not read: its window is closed" in words(error)


def test_the_host_is_silent():
    """A connection whose other half drops all that comes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setsockopt(socket.IPPROTO_TCP, 9, 30)  # TCP_DEFER_ACCEPT
        listener.listen(1)
        with pysock.socket() as client:
            client.connect(listener.getsockname())
            others = [
                socket.create_connection(listener.getsockname())
                for _ in range(2)
            ]
            for other in others:
                other.send(b"into the queue")
            loopback.wait_until(
                lambda: loopback.queue_length(listener) == 2, "a full queue"
            )
            client.settimeout(0.8)
            client.send(b"lost")
            error = failure(client.recv, 1)
            for other in others:
                other.close()
    assert error.code == "timeout-peer-silent"
    assert "it does not acknowledge" in words(error)
    assert error.delivery[:2] == (0, 4)


def test_a_handshake_that_was_slow_is_told_later(family):
    """The first SYN is dropped; the connection then fails."""
    with (
        testing.full_queue(host=family.host) as address,
        pysock.socket(family.number) as client,
    ):
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.connect(address)
        address.heal()  # room for the second SYN
        loopback.wait_for_state(client, 1)
        client.settimeout(0.05)
        client.send(b"request")
        error = failure(client.recv, 1)
    assert error.tcp_info.total_retrans >= 1
    assert any("handshake had been slow" in f for f in error.explain().seen)


@pytest.mark.parametrize("newest", ["peer", None])
def test_data_within_the_same_tick_is_just_now(newest):
    """The kernel's clocks of a connection count milliseconds at best."""
    raw = bytearray(232)  # last_data_recv is 0 in it
    for field in (68, 152):  # rtt, without which nothing was, data_segs_in
        struct.pack_into("=I", raw, field, 1)
    error = errors.error_for("recv", errno.ECONNRESET)
    error.tcp_info, error._newest_data = pysock.TcpInfo(bytes(raw)), newest
    said = error.explain().why
    assert "the newest data was" in said
    assert "just now" in said
    assert " us" not in said
