"""Rows 28 to 31: closed sockets, what is not TCP, names without address."""

import errno
import os
import socket

import pytest

import pysock
from errors.test_failures_transfer import READS, WRITES
from pysock import errors
from support.failure_check import caught, check
from support.loopback import listen

CALLS = {
    **READS,
    **{name: WRITES[name] for name in ("send", "sendall", "sendmsg")},
    "sendto": lambda sock: sock.sendto(b"x", ("127.0.0.1", 9)),
    "connect": lambda sock: sock.connect(("127.0.0.1", 9)),
    "bind": lambda sock: sock.bind(("127.0.0.1", 0)),
    "listen": lambda sock: sock.listen(),
    "accept": lambda sock: sock.accept(),
    "shutdown": lambda sock: sock.shutdown(socket.SHUT_RDWR),
    "getpeername": lambda sock: sock.getpeername(),
    "getsockname": lambda sock: sock.getsockname(),
    "getsockopt": lambda sock: sock.getsockopt(
        socket.SOL_SOCKET, socket.SO_ERROR
    ),
    "setsockopt": lambda sock: sock.setsockopt(
        socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
    ),
    "setblocking": lambda sock: sock.setblocking(True),
    "settimeout": lambda sock: sock.settimeout(1),
    "get_inheritable": lambda sock: sock.get_inheritable(),
    "set_inheritable": lambda sock: sock.set_inheritable(False),
    "dup": lambda sock: sock.dup(),
}
OWN = {
    "recv_exactly": lambda sock: sock.recv_exactly(1),
    "tcp_info": lambda sock: sock.tcp_info(),
    "take_error": lambda sock: sock.take_error(),
}


def closed(module, timeout):
    sock = module.socket(socket.AF_INET)
    sock.settimeout(timeout)
    sock.close()
    return sock


@pytest.mark.parametrize("timeout", [None, 5.0, 0.0])
@pytest.mark.parametrize("call", CALLS | OWN)
def test_closed_socket(call, timeout):
    error = caught((CALLS | OWN)[call], closed(pysock, timeout))
    twin = None
    if call in CALLS:
        twin = caught(CALLS[call], closed(socket, timeout))
    check(
        error,
        twin,
        errors.ClosedSocketError,
        number=errno.EBADF,
        call=call,
        address=("127.0.0.1", 9) if call == "connect" else None,
        local_address=None,
        origin="caller",
    )
    assert error.tcp_info is None


def test_closed_socket_and_sendfile():
    """The standard module says ValueError: its selector's."""
    for module in (socket, pysock):
        with pytest.raises(ValueError, match="file descriptor: -1"):
            WRITES["sendfile"](closed(module, None))


def test_closed_socket_gives_its_errno_to_connect_ex():
    for timeout in (None, 5.0, 0.0):
        result = closed(pysock, timeout).connect_ex(("127.0.0.1", 9))
        assert result == errno.EBADF


@pytest.mark.parametrize("call", ["recv", "send", "accept", "listen"])
def test_closed_socket_of_another_family(call):
    sock = pysock.socket(socket.AF_UNIX)
    sock.close()
    error = caught(CALLS[call], sock)
    assert type(error) is errors.ClosedSocketError
    assert error.call == call


@pytest.mark.parametrize("call", ["recv", "send", "accept", "shutdown"])
def test_descriptor_closed_behind_the_object(call):
    sock = pysock.socket(socket.AF_INET)
    os.close(sock.fileno())
    error = caught(CALLS[call], sock)
    check(
        error,
        None,
        errors.ClosedSocketError,
        number=errno.EBADF,
        call=call,
        origin="caller",
    )
    assert type(caught(sock.close)) is errors.ClosedSocketError
    assert sock.fileno() == -1


NOT_TCP = {
    "UDP": lambda: pysock.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "UDP6": lambda: pysock.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "UNIX": lambda: pysock.socket(socket.AF_UNIX),
    "NETLINK": lambda: pysock.socket(socket.AF_NETLINK, socket.SOCK_RAW),
}
NAMED = {
    "UDP": "an AF_INET SOCK_DGRAM socket",
    "UDP6": "an AF_INET6 SOCK_DGRAM socket",
    "UNIX": "an AF_UNIX SOCK_STREAM socket",
    "NETLINK": "an AF_NETLINK SOCK_RAW socket",
}


@pytest.mark.parametrize("kind", NOT_TCP)
def test_tcp_info_of_what_is_not_tcp(kind):
    with NOT_TCP[kind]() as sock:
        for question in (sock.tcp_info, sock.tcp_state):
            error = caught(question)
            assert type(error) is errors.NotTcpError
            assert error.errno in (errno.EOPNOTSUPP, errno.ENOPROTOOPT)
            assert error.origin.kind == "caller"
            assert NAMED[kind] in str(error)
            assert error.call == question.__name__


NUMERIC_OF_ANOTHER_FAMILY = (socket.AF_INET, "::1")
NO_DNS_QUERY_FOR_THIS = "a" * 64 + ".example"


@pytest.mark.parametrize("call", ["connect", "connect_ex", "bind", "sendto"])
def test_name_without_an_address(call):
    family, host = NUMERIC_OF_ANOTHER_FAMILY

    def script(module):
        with module.socket(family) as sock:
            if call == "sendto":
                return caught(sock.sendto, b"x", (host, 9))
            return caught(getattr(sock, call), (host, 9))

    check_resolve(script(pysock), script(socket), host)


@pytest.mark.parametrize("name", ["getaddrinfo", "create_connection"])
def test_name_without_an_address_in_functions(name):
    def script(module):
        if name == "getaddrinfo":
            return caught(module.getaddrinfo, "::1", 9, socket.AF_INET)
        return caught(module.create_connection, ("127.0.0.1.", "no-such"))

    error, twin = script(pysock), script(socket)
    check_resolve(error, twin, "::1" if name == "getaddrinfo" else None)


def check_resolve(error, twin, host):
    check(
        error,
        twin,
        errors.ResolveError,
        number=twin.errno,
        call="getaddrinfo",
        origin=None,
    )
    assert isinstance(error, socket.gaierror)
    if host is not None:
        assert error.address == (host, None)
        assert str(error).endswith(f": getaddrinfo {host}")


@pytest.mark.parametrize("host", [b"::1", None, "::1"])
def test_resolve_error_of_any_host_is_json_ready(host):
    error = caught(pysock.getaddrinfo, host, "no-such-service", 2)
    check_resolve(error, error_of_standard(host), None)
    assert "None" not in str(error)
    assert "b'" not in str(error)


def error_of_standard(host):
    return caught(socket.getaddrinfo, host, "no-such-service", 2)


@pytest.mark.parametrize("host", [b"127.0.0.1", bytearray(b"127.0.0.1")])
def test_bind_error_of_a_bytes_host_is_json_ready(host):
    from support.loopback import IPV4

    with listen(pysock, IPV4) as taken, pysock.socket() as sock:
        port = taken.getsockname()[1]
        error = caught(sock.bind, (host, port))
        check(
            error,
            None,
            errors.AddressInUseError,
            number=errno.EADDRINUSE,
            call="bind",
            address=("127.0.0.1", port),
        )
