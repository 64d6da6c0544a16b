"""SOCK_DESTROY: what is killed, and what never is."""

import errno
import socket

import pytest

import pysock
from pysock import TcpState, errors, sock_diag
from support import loopback
from support.requirements import skip_or_fail


@pytest.fixture(autouse=True)
def administrator(lab_is_possible):
    """CAP_NET_ADMIN, which the lab needs as well."""


pytest_plugins = ["lab.fixtures"]


def ends(sock):
    return sock.getsockname(), sock.getpeername()


def test_connection_is_killed_on_both_ends(pair):
    client, server = pair
    killed = destroy(*ends(client))
    assert killed.state is TcpState.ESTABLISHED
    with pytest.raises(errors.ConnectionKilledError):
        client.recv(1)
    loopback.wait_readable(server)
    with pytest.raises(errors.PeerResetError):
        server.recv(1)
    assert sock_diag.find(*killed.ends) is None
    assert sock_diag.destroy(killed) is None


def test_by_entry(pair):
    [entry] = sock_diag.sockets(
        local=pair[0].getsockname(), remote=pair[0].getpeername()
    )
    assert destroy(entry).cookie == entry.cookie
    assert pair[0].tcp_state() is TcpState.CLOSE


def test_dry_run_kills_nothing(pair):
    would = sock_diag.destroy(*ends(pair[0]), dry_run=True)
    assert would.local == pair[0].getsockname()
    pair[0].sendall(b"alive")
    assert pair[1].recv(5) == b"alive"


def test_listener_is_no_stand_in(listener):
    address = listener.getsockname()
    nobody = (address[0], 1, *address[2:])
    assert sock_diag.destroy(address, nobody) is None
    assert listener.tcp_state() is TcpState.LISTEN
    destroy(address)
    assert listener.tcp_state() is TcpState.CLOSE


def test_another_cookie_is_another_socket(pair):
    entry = sock_diag.find(*ends(pair[0]))
    assert sock_diag.destroy(*entry.ends, cookie=entry.cookie + 1) is None
    pair[0].sendall(b"x")


def test_time_wait_is_removed(pair):
    client, server = pair
    both = ends(client)
    client.close()
    server.close()
    loopback.wait_until(
        lambda: (
            getattr(sock_diag.find(*both), "state", None) is TcpState.TIME_WAIT
        ),
        "TIME_WAIT",
    )
    assert destroy(*both).state is TcpState.TIME_WAIT
    assert sock_diag.find(*both) is None


def test_bound_socket_cannot_be_reached():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        found = list(
            sock_diag.sockets("CLOSE", local_port=bound.getsockname()[1])
        )
        if not found:
            skip_or_fail("kernel 6.8 is the first to list bound sockets")
        # The kernel looks a socket up by its addresses, and this one is in
        # no table of those.
        assert sock_diag.destroy(found[0]) is None


def test_wildcard_is_no_wildcard_for_killing():
    with pytest.raises(ValueError, match="one address"):
        sock_diag.destroy("127.0.0.0/8")


def destroy(*arguments):
    try:
        return sock_diag.destroy(*arguments)
    except errors.DiagError as error:
        if error.errno == errno.EOPNOTSUPP:
            skip_or_fail("the kernel lacks CONFIG_INET_DIAG_DESTROY")
        raise


def test_errors_are_documented_classes():
    assert issubclass(errors.DiagError, pysock.errors.SocketError)
    assert issubclass(errors.DiagDeniedError, PermissionError)
