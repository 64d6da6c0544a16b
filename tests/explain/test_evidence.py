"""Evidence from the table of sockets: what explain() can say from here."""

import contextlib
import os
import resource
import socket
import time
from pathlib import Path

import pytest

import pysock
from pysock import TcpState, errors, sock_diag
from pysock.explain import evidence
from support import loopback
from support.child import run
from support.quiet import quiet  # noqa: F401

NAME = Path("/proc/self/comm").read_text().rstrip("\n")


@pytest.fixture(autouse=True)
def alone(quiet):  # noqa: F811
    """Every sentence here counts the sockets of the namespace."""


def failure(call, *arguments, **options):
    with pytest.raises(errors.SocketError) as info:
        call(*arguments, **options)
    return info.value


def said(error):
    """One sentence, in the time that explain() has."""
    started = time.monotonic()
    [sentence] = evidence.gather(error)
    assert time.monotonic() - started < 5
    return sentence


def connect(family, address):
    with pysock.socket(family.number) as sock:
        sock.settimeout(5)
        sock.connect(address)


def test_listener_on_the_other_family(family):
    other = loopback.IPV6 if family is loopback.IPV4 else loopback.IPV4
    with loopback.listen(socket, other) as listener:
        port = listener.getsockname()[1]
        error = failure(connect, family, family.with_port(port))
    sentence = said(error)
    assert (
        sentence
        == f"Nothing listens on port {port} in this network namespace."
    )
    with loopback.listen(socket, other) as listener:
        port = listener.getsockname()[1]
        error = failure(connect, family, family.with_port(port))
        there = other.with_port(port)
        assert said(error) == (
            f"A listener exists on {errors.show_address(there)} "
            f"(pid {os.getpid()}, {NAME}); the connect went to "
            f"{errors.show_address(family.with_port(port))}."
        )


def test_dual_stack_listener_serves_ipv4():
    with socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as listener:
        port = listener.getsockname()[1]
        [sentence] = evidence.listeners_elsewhere(("127.0.0.1", port))
        assert sentence.startswith("Somebody listens there now: [::]:")
    with socket.create_server(("::", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        [sentence] = evidence.listeners_elsewhere(("127.0.0.1", port))
        assert sentence.startswith("A listener exists on [::]:")


def test_other_machines_are_not_looked_for_here():
    assert evidence.listeners_elsewhere(("192.0.2.1", 80)) == []
    assert evidence.full_accept_queue(("192.0.2.1", 80)) == []


def test_full_accept_queue(family):
    with loopback.silent(family) as listener:
        with pysock.socket(family.number) as sock:
            sock.settimeout(0.3)
            error = failure(sock.connect, listener.getsockname())
        sentence = said(error)
        assert "is full: 1 waiting, with a limit of 0" in sentence
        assert "it has dropped 1 segment." in sentence
        assert f"(pid {os.getpid()}, {NAME})" in sentence
        listener.listen(8)
        assert "is not full now: 1 waiting" in said(error)


def test_address_is_held_by_a_listener(listener):
    with pysock.socket(listener.family) as sock:
        error = failure(sock.bind, listener.getsockname())
    where = errors.show_address(listener.getsockname())
    assert said(error) == (
        f"Port {listener.getsockname()[1]} is held by {where} "
        f"(pid {os.getpid()}, {NAME}, LISTEN)."
    )


def test_address_is_held_by_a_bound_socket():
    with socket.socket() as bound, pysock.socket() as sock:
        bound.bind(("0.0.0.0", 0))
        port = bound.getsockname()[1]
        error = failure(sock.bind, ("127.0.0.1", port))
        assert f"0.0.0.0:{port} (pid {os.getpid()}, {NAME}, CLOSE)" in said(
            error
        )


def test_address_is_held_by_time_wait(family):
    with loopback.listen(socket, family) as listener:
        address = listener.getsockname()
        clients = [socket.socket(family.number) for _ in range(3)]
        for client in clients:
            client.connect(address)
            server, _ = listener.accept()
            server.close()
            client.close()
    loopback.wait_until(
        lambda: len(list(sock_diag.sockets(TcpState.TIME_WAIT))) == 3,
        "three in TIME_WAIT",
    )
    with pysock.socket(family.number) as sock:
        error = failure(sock.bind, address)
    sentence = said(error)
    assert sentence.startswith(
        f"Port {address[1]} is held by 3 connections in TIME_WAIT"
    )
    assert "for another 60 s: set SO_REUSEADDR" in sentence or (
        "for another 59 s" in sentence
    )


def test_ports_used_up(family, quiet):  # noqa: F811
    quiet.sysctl("net.ipv4.ip_local_port_range", "40000 40003")
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family.number))
        listener.bind((family.host, 9999))
        listener.listen()
        for _ in range(4):
            client = stack.enter_context(socket.socket(family.number))
            client.connect(listener.getsockname())
        error = failure(connect, family, listener.getsockname())
        assert isinstance(error, errors.ConnectError)
        sentence = said(error)
        assert sentence.startswith(
            "4 of the 4 local ports (40000 to 40003, "
            "net.ipv4.ip_local_port_range) are in use towards "
        )
        assert sentence.endswith("4 of them in ESTABLISHED.")


def test_descriptors_used_up_by_close_wait():
    done = run("""
        import resource, socket
        import pysock
        from pysock.explain import evidence
        listener = socket.create_server(("127.0.0.1", 0))
        servers = []
        for _ in range(5):
            client = socket.create_connection(listener.getsockname())
            servers.append(listener.accept()[0])
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        others = []
        try:
            while True:
                others.append(pysock.socket())
        except pysock.errors.DescriptorLimitError as error:
            print(*evidence.gather(error))
    """)
    assert done.stdout == (
        "40 of 40 descriptors are open now, 5 of them sockets in CLOSE_WAIT: "
        "the peer closed and this program did not.\n"
    )


def test_descriptors_of_a_program_that_closes(pair):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    sentences = evidence.descriptors_used_up(patience=5)
    if limit <= 1 << 20:
        assert "TCP sockets" in sentences[0]


@pytest.mark.parametrize(
    "ask",
    [
        evidence.listeners_elsewhere,
        evidence.full_accept_queue,
        evidence.holders,
        evidence.ports_used_up,
    ],
)
@pytest.mark.parametrize(
    "address", [None, (), ("", 0), ("host", "port"), 7, ("127.0.0.1", None)]
)
def test_nonsense_gives_no_evidence(ask, address):
    assert ask(address) == []


def test_what_needs_no_evidence_gets_none():
    assert evidence.gather(errors.PeerResetError(104, "x")) == []
