"""Rows 20 to 28 of the table of failures: every read and every write."""

import errno
import socket
import tempfile

import pytest

import pysock
from pysock import TcpState, errors
from support.failure_check import caught, check
from support.loopback import (
    fill,
    pair_of,
    reset,
    state_of,
    wait_for_state,
    wait_readable,
)


def send_a_file(sock):
    with tempfile.TemporaryFile() as file:
        file.write(bytes(1000))
        file.seek(0)
        sock.sendfile(file)


READS = {
    "recv": lambda sock: sock.recv(1),
    "recv_into": lambda sock: sock.recv_into(bytearray(1)),
    "recvfrom": lambda sock: sock.recvfrom(1),
    "recvfrom_into": lambda sock: sock.recvfrom_into(bytearray(1)),
    "recvmsg": lambda sock: sock.recvmsg(1),
    "recvmsg_into": lambda sock: sock.recvmsg_into([bytearray(1)]),
}
WRITES = {
    "send": lambda sock: sock.send(b"x"),
    "sendall": lambda sock: sock.sendall(b"x"),
    "sendto": lambda sock: sock.sendto(b"x", sock.getsockname()),
    "sendmsg": lambda sock: sock.sendmsg([b"x"]),
    "sendfile": send_a_file,
}
ALL = {**READS, **WRITES}
# What the standard class does not have.
OWN = {"recv_exactly": lambda sock: sock.recv_exactly(1)}


def calls(table):
    return pytest.mark.parametrize("call", table)


def both_fail(family, prepare, call, table):
    """The same failure twice: pysock's exception, names, the standard's."""
    found = []
    for module in (pysock, socket):
        with pair_of(module, family) as (client, server):
            names = client.getpeername(), client.getsockname()
            prepare(client, server)
            if module is socket and call in OWN:
                found.append((None, None))
            else:
                found.append((caught(table[call], client), names))
    (error, names), (twin, _) = found
    return error, names, twin


def check_failure(family, prepare, call, table, kind, number, origin):
    error, names, twin = both_fail(family, prepare, call, table)
    check(
        error,
        twin,
        kind,
        number=number,
        call=call,
        group=errors.TransferError,
        address=names[0],
        local_address=names[1],
        origin=origin,
    )
    return error


@pytest.mark.parametrize("timeout", [None, 5.0, 0.0])
def test_fin_is_an_empty_read(pair, timeout):
    client, server = pair
    server.sendall(b"abc")
    server.close()
    wait_for_state(client, TcpState.CLOSE_WAIT)
    client.settimeout(timeout)
    names = client.getpeername(), client.getsockname()
    error = caught(client.recv_exactly, 5)
    check(
        error,
        None,
        errors.PeerClosedError,
        number=None,
        call="recv_exactly",
        group=errors.TransferError,
        address=names[0],
        local_address=names[1],
        origin="peer",
    )
    assert isinstance(error, ConnectionError)
    assert isinstance(error, EOFError)
    assert error.partial == b"abc"
    assert error.tcp_info.state == TcpState.CLOSE_WAIT
    assert client.recv(5) == b""


def peer_closes_with_unread_data(client, server):
    client.sendall(b"unread")
    wait_readable(server)
    server.close()
    wait_for_state(client, TcpState.CLOSE)


def peer_resets(client, server):
    reset(server)
    wait_for_state(client, TcpState.CLOSE)


@calls(sorted((ALL | OWN).keys() - {"sendfile"}))
def test_reset(family, call):
    error = check_failure(
        family,
        peer_resets,
        call,
        ALL | OWN,
        errors.PeerResetError,
        errno.ECONNRESET,
        "peer",
    )
    assert error.tcp_info.state == TcpState.CLOSE


def test_reset_and_sendfile(family):
    """The standard sendfile falls back to send, and the RST is used up.

    Whose error it took is not known: a socket that was killed looks the same.
    """
    check_failure(
        family,
        peer_resets,
        "sendfile",
        ALL,
        errors.BrokenConnectionError,
        errno.EPIPE,
        None,
    )


@calls(["recv", "send"])
def test_reset_because_of_unread_data(family, call):
    check_failure(
        family,
        peer_closes_with_unread_data,
        call,
        ALL,
        errors.PeerResetError,
        errno.ECONNRESET,
        "peer",
    )


def test_reset_comes_after_the_data(family):
    with pair_of(pysock, family) as (client, server):
        server.sendall(b"last words")
        wait_readable(client)
        peer_resets(client, server)
        error = caught(client.recv_exactly, 100)
        assert type(error) is errors.PeerResetError
        assert error.call == "recv_exactly"
        assert error.partial == b"last words"
        assert client.recv(1) == b""


def peer_is_gone(client, server):
    """It closed, we wrote, its host answered with a RST."""
    server.close()
    wait_for_state(client, TcpState.CLOSE_WAIT)
    client.sendall(b"x")
    wait_for_state(client, TcpState.CLOSE)


@calls(WRITES)
def test_write_to_a_peer_that_is_gone(family, call):
    error = check_failure(
        family,
        peer_is_gone,
        call,
        WRITES,
        errors.BrokenConnectionError,
        errno.EPIPE,
        "peer",
    )
    assert error.tcp_info.state == TcpState.CLOSE


def test_take_error_after_a_write_to_a_peer_that_is_gone(pair):
    client, server = pair
    there = client.getpeername()
    peer_is_gone(client, server)
    check(
        client.take_error(),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        errors.BrokenConnectionError,
        number=errno.EPIPE,
        call="take_error",
        address=there,
        origin="peer",
    )


@calls(WRITES)
@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
def test_write_after_shutdown(family, call, how):
    check_failure(
        family,
        lambda client, server: client.shutdown(how),
        call,
        WRITES,
        errors.WriteAfterShutdownError,
        errno.EPIPE,
        "caller",
    )


def test_write_after_shutdown_through_another_object(pair):
    """The kernel's state tells, not only this object's memory."""
    client, _ = pair
    with client.dup() as other:
        other.shutdown(socket.SHUT_WR)
        error = caught(client.send, b"x")
        assert type(error) is errors.WriteAfterShutdownError


def test_shutdown_of_the_read_half_does_not_stop_writes(pair):
    client, server = pair
    client.shutdown(socket.SHUT_RD)
    assert client.send(b"x") == 1
    peer_resets(client, server)
    assert type(caught(client.send, b"x")) is errors.PeerResetError


@calls(READS | OWN)
def test_read_timeout(family, call):
    error = check_failure(
        family,
        lambda client, server: client.settimeout(0.02),
        call,
        READS | OWN,
        errors.TransferTimeoutError,
        errno.ETIMEDOUT,
        "deadline",
    )
    assert error.elapsed >= 0.02
    assert error.tcp_info.state == TcpState.ESTABLISHED


def full_with_timeout(client, server):
    fill(client)
    client.settimeout(0.02)


@calls(WRITES)
def test_write_timeout(family, call):
    error = check_failure(
        family,
        full_with_timeout,
        call,
        WRITES,
        errors.TransferTimeoutError,
        errno.ETIMEDOUT,
        "deadline",
    )
    assert error.tcp_info.state == TcpState.ESTABLISHED


def would_block(family, prepare, call, table):
    error, _, twin = both_fail(family, prepare, call, table)
    check(
        error,
        twin,
        errors.TransferWouldBlockError,
        number=errno.EAGAIN,
        call=call,
        group=errors.TransferError,
        address=None,
        local_address=None,
        origin=None,
    )
    assert error.tcp_info is None


@calls(READS | OWN)
def test_read_would_block(family, call):
    would_block(
        family,
        lambda client, server: client.setblocking(False),
        call,
        READS | OWN,
    )


# sendfile refuses a non-blocking socket, with a ValueError.
@calls(sorted(WRITES.keys() - {"sendfile"}))
def test_write_would_block(family, call):
    would_block(family, lambda client, server: fill(client), call, WRITES)


def test_sendfile_refuses_a_nonblocking_socket(pair):
    pair[0].setblocking(False)
    with pytest.raises(ValueError, match="non-blocking"):
        send_a_file(pair[0])


@pytest.mark.slow
@calls(["recv", "send"])
def test_peer_falls_silent(family, call):
    """A peer whose window stays shut, and a limit on our patience."""

    def fall_silent(client, server):
        user_timeout = 18
        client.setsockopt(socket.IPPROTO_TCP, user_timeout, 500)
        fill(client)
        wait_for_state(client, TcpState.CLOSE, seconds=20)
        assert state_of(server) == TcpState.ESTABLISHED

    check_failure(
        family,
        fall_silent,
        call,
        ALL,
        errors.PeerSilentError,
        errno.ETIMEDOUT,
        "timer",
    )
