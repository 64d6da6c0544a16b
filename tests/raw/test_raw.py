"""pysock.raw: the system calls on bare descriptors, typed."""

import errno
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from pysock import TcpState, errors, raw
from support.failure_check import caught, check
from support.loopback import NONBLOCKING, reset, wait_for_state, wait_writable

CALLS = {
    "connect": lambda fd: raw.connect(fd, ("127.0.0.1", 9)),
    "accept": raw.accept,
    "shutdown": lambda fd: raw.shutdown(fd, socket.SHUT_WR),
    "take_error": raw.take_error,
    "tcp_info": raw.tcp_info,
    "tcp_state": raw.tcp_state,
    "getsockname": raw.getsockname,
    "getpeername": raw.getpeername,
    "wait": lambda fd: raw.wait(fd, raw.READABLE, 0),
    "close": raw.close,
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fd", [-1, 2**30])
def test_descriptor_that_is_not_open(call, fd):
    check(
        caught(CALLS[call], fd),
        None,
        errors.ClosedSocketError,
        number=errno.EBADF,
        call=call,
        origin="caller",
    )


@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"wait", "close"}))
def test_descriptor_that_is_no_socket(call):
    with Path(os.devnull).open() as file:
        error = caught(CALLS[call], file.fileno())
    assert error.errno == errno.ENOTSOCK
    assert error.call == call


def test_life_of_a_connection(family, listener):
    with socket.socket(family.number) as sock:
        fd = sock.fileno()
        raw.connect(fd, listener.getsockname())
        assert raw.wait(listener.fileno(), raw.READABLE, 5) == raw.READABLE
        accepted, peer = raw.accept(listener.fileno())
        assert peer == raw.getsockname(fd) == raw.getpeername(accepted)
        assert raw.tcp_state(accepted) == TcpState.ESTABLISHED
        raw.shutdown(accepted, socket.SHUT_WR)
        wait_for_state(sock, TcpState.CLOSE_WAIT)
        raw.close_with_reset(accepted)
        wait_for_state(sock, TcpState.CLOSE)
        # After a reset only SO_PEERNAME still knows the peer.
        assert raw.getpeername(fd) == listener.getsockname()
        assert raw.error_queue(fd) == []


def test_connect_that_is_refused(family, refusing_address):
    with socket.socket(family.number) as sock:
        error = caught(raw.connect, sock.fileno(), refusing_address)
        check(
            error,
            None,
            errors.ConnectRefusedError,
            number=errno.ECONNREFUSED,
            call="connect",
            address=refusing_address,
            origin="peer",
        )


def test_nonblocking_connect(family, refusing_address):
    with socket.socket(family.number) as sock:
        sock.settimeout(NONBLOCKING)
        fd = sock.fileno()
        error = caught(raw.connect, fd, refusing_address)
        assert type(error) is errors.ConnectInProgressError
        wait_writable(sock)
        error = raw.take_error(fd)
        assert type(error) is errors.ConnectRefusedError
        assert error.address == refusing_address
        assert raw.take_error(fd) is None


def test_disconnect_ends_an_attempt(family, silent_address):
    with socket.socket(family.number) as sock:
        sock.settimeout(NONBLOCKING)
        fd = sock.fileno()
        caught(raw.connect, fd, silent_address)
        error = caught(raw.connect, fd, silent_address)
        assert type(error) is errors.ConnectAlreadyError
        raw.disconnect(fd)
        assert raw.tcp_state(fd) == TcpState.CLOSE


@pytest.mark.parametrize(
    "address", [("localhost", 80), ("127.0.0.1", 65536), ("", 1), "x", ()]
)
def test_address_that_is_not_numeric(address):
    with socket.socket() as sock, pytest.raises(ValueError, match="numeric"):
        raw.connect(sock.fileno(), address)


def test_accept_would_block(listener):
    listener.setblocking(False)
    error = caught(raw.accept, listener.fileno())
    check(
        error,
        None,
        errors.AcceptWouldBlockError,
        number=errno.EAGAIN,
        call="accept",
        origin=None,
    )


def test_wait_only_looks_and_waits(pair):
    fd = pair[0].fileno()
    assert raw.wait(fd, raw.READABLE, 0) == 0
    started = time.monotonic()
    assert raw.wait(fd, raw.READABLE, 0.0201) == 0
    assert time.monotonic() - started >= 0.02
    with pytest.raises(ValueError, match="negative"):
        raw.wait(fd, raw.READABLE, -1)


def test_a_signal_ends_a_wait(pair):
    """A raw call does what its system call does, and adds nothing."""
    before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    main = threading.main_thread().ident
    # Twice: the first may come before the wait has begun.
    timers = [
        threading.Timer(
            delay, lambda: signal.pthread_kill(main, signal.SIGUSR1)
        )
        for delay in (0.05, 0.5)
    ]
    for timer in timers:
        timer.start()
    try:
        with pytest.raises(InterruptedError) as info:
            raw.wait(pair[0].fileno(), raw.READABLE, 20)
        assert isinstance(info.value, errors.SocketError)
    finally:
        for timer in timers:
            timer.join()
        signal.signal(signal.SIGUSR1, before)


def test_take_error_of_a_reset(pair):
    client, server = pair
    there = client.getpeername()
    reset(server)
    wait_for_state(client, TcpState.CLOSE)
    check(
        raw.take_error(client.fileno()),
        None,
        errors.PeerResetError,
        number=errno.ECONNRESET,
        call="take_error",
        address=there,
        origin="peer",
    )
