"""Of several listeners the one that matters first, and why each is not it."""

import contextlib
import socket
from types import SimpleNamespace

import pytest

from pysock.explain.budget import Budget
from pysock.explain.evidence import listeners
from support.quiet import quiet  # noqa: F401

PORT = 8000


@pytest.fixture
def listen(quiet):  # noqa: F811
    """Listen on port 8000 of an address, IPv6 only."""
    quiet.ip("address add 192.0.2.1/32 dev lo")
    with contextlib.ExitStack() as stack:

        def make(host):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            sock = stack.enter_context(socket.socket(family))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((host, PORT))
            sock.listen()

        yield make


def found(host):
    error = SimpleNamespace(address=(host, PORT), _network=None)
    case = SimpleNamespace(error=error, budget=Budget(), naming=False)
    found = listeners.on_port(case)
    return (
        [holding.where for holding in found.serving],
        [holding.where for holding in found.others],
    )


def test_the_most_particular_one_serves(listen):
    listen("0.0.0.0")
    listen("127.0.0.1")
    assert found("127.0.0.1") == (["127.0.0.1:8000", "0.0.0.0:8000"], [])


def test_loopback_is_the_likelier_mistake(listen):
    """Of those that do not serve: who is bound to loopback, then the rest."""
    listen("192.0.2.1")
    listen("::")
    listen("::1")
    assert found("127.0.0.1") == (
        [],
        ["[::1]:8000", "[::]:8000", "192.0.2.1:8000"],
    )
