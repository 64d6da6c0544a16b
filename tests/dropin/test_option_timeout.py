"""SO_RCVTIMEO and SO_SNDTIMEO: the kernel's own timeouts."""

import os
import socket
import struct
import threading

import pytest

import pysock
from pysock import errors
from support.failure_check import caught
from support.loopback import fill, listen, pair_of
from support.queued import silent_address

SECONDS = 0.1
VALUE = struct.pack("ll", 0, 100_000)


def set_option(sock, option):
    sock.setsockopt(socket.SOL_SOCKET, option, VALUE)


def fill_with_options(client):
    """The next write waits, and so does a read, for SECONDS at most."""
    fill(client)
    client.settimeout(None)
    set_option(client, socket.SO_RCVTIMEO)
    set_option(client, socket.SO_SNDTIMEO)


READS = {
    "recv": lambda sock: sock.recv(1),
    "recv_into": lambda sock: sock.recv_into(bytearray(1)),
    "recvmsg": lambda sock: sock.recvmsg(1),
    "recv_exactly": lambda sock: sock.recv_exactly(1),
}
WRITES = {
    "send": lambda sock: sock.send(b"x"),
    "sendall": lambda sock: sock.sendall(b"x"),
    "sendmsg": lambda sock: sock.sendmsg([b"x"]),
}


@pytest.mark.parametrize("call", READS)
def test_a_read_says_that_it_has_waited(family, call):
    with pair_of(pysock, family) as (client, _):
        set_option(client, socket.SO_RCVTIMEO)
        error = caught(READS[call], client)
    assert type(error) is errors.TransferWouldBlockError
    assert error.args == (11, "Resource temporarily unavailable")
    assert error.origin.kind == "deadline"
    # This one has read the clock.
    measured = call == "recv_exactly"
    assert error.elapsed > SECONDS if measured else error.elapsed == SECONDS
    why = error.explain().why
    assert "SO_RCVTIMEO" in why
    assert "not a failure" not in why
    assert error.code == "would-block"


@pytest.mark.parametrize("call", WRITES)
def test_a_write_says_that_it_has_waited(family, call):
    with pair_of(pysock, family) as (client, _):
        fill_with_options(client)
        error = caught(WRITES[call], client)
    assert type(error) is errors.TransferWouldBlockError
    assert (error.origin.kind, error.elapsed) == ("deadline", SECONDS)
    assert "SO_SNDTIMEO" in error.explain().why


@pytest.mark.parametrize("blocks", [True, False])
def test_a_connect_that_has_waited_says_so(blocks):
    with silent_address() as address, pysock.socket() as sock:
        set_option(sock, socket.SO_SNDTIMEO)
        os.set_blocking(sock.fileno(), blocks)
        error = caught(sock.connect, address)
    assert isinstance(error, errors.ConnectInProgressError)
    told = error.explain()
    assert told.code == "connect-in-progress"
    assert ("SO_SNDTIMEO" in told.why) is blocks
    assert (error.origin == errors.Origin("deadline")) is blocks
    if blocks:
        assert error.elapsed >= SECONDS


DONTWAIT = socket.MSG_DONTWAIT
AT_ONCE = {
    "recv": lambda sock: sock.recv(1, DONTWAIT),
    "recv_into": lambda sock: sock.recv_into(bytearray(1), 0, DONTWAIT),
    "recvfrom": lambda sock: sock.recvfrom(1, DONTWAIT),
    "recvfrom_into": lambda sock: sock.recvfrom_into(
        bytearray(1), flags=DONTWAIT
    ),
    "recvmsg": lambda sock: sock.recvmsg(1, 0, DONTWAIT),
    "recvmsg_into": lambda sock: sock.recvmsg_into(
        [bytearray(1)], 0, DONTWAIT
    ),
    "send": lambda sock: sock.send(b"x", DONTWAIT),
    "sendall": lambda sock: sock.sendall(b"x", DONTWAIT),
    "sendto": lambda sock: sock.sendto(b"x", DONTWAIT, sock.getpeername()),
    "sendmsg": lambda sock: sock.sendmsg([b"x"], [], DONTWAIT),
}


def has_not_waited(error):
    assert type(error) is errors.TransferWouldBlockError
    assert error.origin is error.elapsed is None
    return "ran out" not in str(error.explain())


@pytest.mark.parametrize("call", AT_ONCE)
def test_a_flag_says_not_to_wait(family, call):
    with pair_of(pysock, family) as (client, _):
        fill_with_options(client)
        assert has_not_waited(caught(AT_ONCE[call], client))


@pytest.mark.parametrize("call", [READS["recv"], READS["recvmsg"]])
def test_a_descriptor_that_does_not_block_has_not_waited(family, call):
    with pair_of(pysock, family) as (client, _):
        set_option(client, socket.SO_RCVTIMEO)
        os.set_blocking(client.fileno(), False)
        assert has_not_waited(caught(call, client))


@pytest.mark.parametrize("call", ["accept", "accept_many"])
def test_accepting_ends_with_it(family, call):
    with listen(pysock, family) as listener:
        set_option(listener, socket.SO_RCVTIMEO)
        outcome = []
        thread = threading.Thread(
            target=lambda: outcome.append(caught(getattr(listener, call))),
            daemon=True,
        )
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "it waits for ever"
    [error] = outcome
    assert type(error) is errors.AcceptWouldBlockError
    assert error.args == (11, "Resource temporarily unavailable")
    assert (error.origin.kind, error.elapsed) == ("deadline", SECONDS)
    assert "SO_RCVTIMEO" in error.explain().why


def test_who_does_not_wait_has_not_waited(family):
    """Non-blocking by its own timeout, by a flag of the call."""
    with pair_of(pysock, family) as (client, _):
        plain = caught(client.recv, 1, socket.MSG_DONTWAIT)
        set_option(client, socket.SO_RCVTIMEO)
        client.setblocking(False)
        own = caught(client.recv, 1)
    for error in (plain, own):
        assert (error.origin, error.elapsed) == (None, None)
        assert "not a failure" in error.explain().why
