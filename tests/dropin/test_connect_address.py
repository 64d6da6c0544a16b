"""Addresses that connect takes: as many forms as the standard module."""

import collections
import enum
import errno
import socket

import pytest

import pysock
from pysock import errors
from support.failure_check import caught, check
from support.loopback import IPV4

Place = collections.namedtuple("Place", "host port")


class Port(enum.IntEnum):
    CLOSED = 1


class Index:
    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


ODD_FORMS = {
    "namedtuple": lambda host, port: Place(host, port),
    "bytes host": lambda host, port: (host.encode(), port),
    "bytearray host": lambda host, port: (bytearray(host.encode()), port),
    "index port": lambda host, port: (host, Index(port)),
    "short form": lambda host, port: ("127.1", port),
    "no host": lambda host, port: ("", port),
    "name": lambda host, port: ("localhost", port),
}


@pytest.mark.parametrize("form", ODD_FORMS)
@pytest.mark.parametrize("timeout", [None, 5.0])
def test_odd_forms_of_an_address_fail_with_full_evidence(form, timeout):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        address = ODD_FORMS[form]("127.0.0.1", port)

        def script(module):
            with module.socket() as sock:
                sock.settimeout(timeout)
                return caught(sock.connect, address)

        error = script(pysock)
        # The peer as the kernel knows it. A blocking connect that failed has
        # let go of it, and what was given is all that is left.
        host = "127.0.0.1"
        if timeout is None:
            given = {"no host": "", "name": "localhost", "short form": "127.1"}
            host = given.get(form, host)
        check(
            error,
            script(socket),
            errors.ConnectRefusedError,
            number=errno.ECONNREFUSED,
            call="connect",
            address=(host, port),
            origin="peer",
        )
        assert error.tcp_info.segs_out == (None if timeout is None else 1)


@pytest.mark.parametrize("form", ODD_FORMS)
def test_odd_forms_of_an_address_connect(form):
    with socket.create_server((IPV4.host, 0)) as server:
        port = server.getsockname()[1]
        with pysock.socket() as sock:
            sock.connect(ODD_FORMS[form]("127.0.0.1", port))
            assert sock.getpeername() == ("127.0.0.1", port)


def outcome(module, family, address, method):
    """What a call gives: the type, and what it said."""
    with module.socket(family) as sock:
        sock.settimeout(5)
        try:
            return getattr(sock, method)(address)
        except OSError as error:
            # The resolver's number, or what the kernel said.
            return error.args
        except Exception as error:
            return type(error), error.args


BAD_ADDRESSES = [
    None,
    "127.0.0.1:80",
    [],
    (),
    ("127.0.0.1",),
    ["127.0.0.1", 80],
    ("127.0.0.1", 80, 0),
    ("127.0.0.1", "80"),
    ("127.0.0.1", 80.0),
    ("127.0.0.1", -1),
    ("127.0.0.1", 65536),
    ("127.0.0.1", 2**70),
    ("127.0.0.1\0", 1),
    ("127.0.0.1\0.example", 1),
    ("\0", 1),
    (b"127.0.0.1\0", 1),
    (5, 80),
    (None, 80),
    ("::1", 80),
    ("::1", 1, -1),
    ("::1", 1, 2**20),
    ("::1", 1, 0, -1),
    ("::1", 1, 0, 2**32),
    ("::1", 1, 0, 0, 0),
    ("::1", 1, "0"),
    ("::1\0", 1),
    ("<broadcast>", 1),
    ("a" * 64, 1),
    ("a..b", 1),
    (".", 1),
    ("\udcff", 1),
    ("\N{SNOWMAN}" * 64, 1),
]


@pytest.mark.parametrize("method", ["connect", "connect_ex", "bind"])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=repr)
def test_bad_addresses_are_refused_as_by_the_standard_module(
    family, address, method
):
    assert outcome(pysock, family, address, method) == outcome(
        socket, family, address, method
    )


def test_a_connect_that_is_refused_keeps_the_mode(family, refusing_address):
    with pysock.socket(family.number) as sock:
        for timeout in (None, 5.0, 0.0, None):
            sock.settimeout(timeout)
            sock.connect_ex(refusing_address)
            assert sock.gettimeout() == timeout
            assert is_nonblocking(sock) == (timeout is not None)


def is_nonblocking(sock):
    import os

    return not os.get_blocking(sock.fileno())
