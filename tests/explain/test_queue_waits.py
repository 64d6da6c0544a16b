"""Whose queue a connection waits in, and for how long."""

import contextlib
import socket

import pytest

from pysock import sock_diag
from pysock.explain.machine.queue_waits import queue_waits
from support.quiet import quiet  # noqa: F401

pytestmark = pytest.mark.usefixtures("quiet")


def waiting_at(port):
    """What it finds, by listener's address; and the one child of each."""
    entries = list(sock_diag.sockets(local_port=port))
    found = {
        tuple(one.local[0] for one in listeners): waited
        for listeners, waited in queue_waits(entries)
    }
    children = {
        entry.local[0]: entry.tcp_info.queue_wait_ms
        for entry in entries
        if entry.remote_port and not entry.inode
    }
    return found, children


def test_each_address_has_its_own():
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = first.getsockname()[1]
        for host in ("127.0.0.2", "127.0.0.3"):
            stack.enter_context(socket.create_server((host, port)))
        for host in ("127.0.0.1", "127.0.0.2"):
            stack.enter_context(socket.create_connection((host, port)))
        found, children = waiting_at(port)
    assert found == {(host,): wait for host, wait in children.items()}
    assert set(children) == {"127.0.0.1", "127.0.0.2"}


def test_anywhere_of_each_family():
    """Each of the two takes what comes to any address, of its own family."""
    with contextlib.ExitStack() as stack:
        old = stack.enter_context(socket.create_server(("0.0.0.0", 0)))
        port = old.getsockname()[1]
        stack.enter_context(
            socket.create_server(("::", port), family=socket.AF_INET6)
        )
        for host in ("127.0.0.1", "::1"):
            stack.enter_context(socket.create_connection((host, port)))
        found, children = waiting_at(port)
    assert found == {
        ("0.0.0.0",): children["127.0.0.1"],
        ("::",): children["::1"],
    }


def test_of_an_ipv4_client_of_an_ipv6_listener():
    with (
        socket.create_server(
            ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
        ) as listener,
        socket.create_connection(
            ("127.0.0.1", listener.getsockname()[1])
        ) as client,
    ):
        found, children = waiting_at(client.getpeername()[1])
    assert found == {("::",): children["::ffff:127.0.0.1"]}


def test_several_at_one_address_are_named_together():
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(
            socket.create_server(("127.0.0.1", 0), reuse_port=True)
        )
        address = listener.getsockname()
        stack.enter_context(socket.create_server(address, reuse_port=True))
        stack.enter_context(socket.create_connection(address))
        found, _ = waiting_at(address[1])
        # The other one's queue is empty.
        assert set(found) == {("127.0.0.1",)}
        for _ in range(100):
            stack.enter_context(socket.create_connection(address))
            found, _ = waiting_at(address[1])
            assert len(found) == 1
            if ("127.0.0.1", "127.0.0.1") in found:
                return
    pytest.fail("a hundred connections went to one of two listeners")
