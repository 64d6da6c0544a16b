"""Evidence from the table of sockets: what explain() can say from here."""

import contextlib
import os
import socket
from pathlib import Path

import pytest

import pysock
from pysock import TcpState, errors, sock_diag, testing
from pysock.explain.telling import tell
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


def connect(family, address):
    with pysock.socket(family.number) as sock:
        sock.settimeout(5)
        sock.connect(address)


def test_listener_on_the_other_family(family):
    other = loopback.IPV6 if family is loopback.IPV4 else loopback.IPV4
    with loopback.listen(socket, other) as listener:
        port = listener.getsockname()[1]
        error = failure(connect, family, family.with_port(port))
    told = tell(error)
    nothing = f"nothing listens on port {port} of {family.host}; "
    assert told.why.startswith(nothing)
    assert told.seen == ()
    with loopback.listen(socket, other) as listener:
        port = listener.getsockname()[1]
        error = failure(connect, family, family.with_port(port))
        told = tell(error)
    where = errors.show_address(other.with_port(port))
    assert told.why.startswith(f"nothing listens on port {port} of ")
    assert told.seen == (f"a listener on {where} (pid {os.getpid()}, {NAME})",)
    assert told.try_ == (
        f"connect to {other.host}, or bind the server to {family.host} as well"
    )
    assert told.code == "connect-refused-reset"


def refused(address):
    error = errors.error_for("connect", 111, address=address)
    error.origin = errors.Origin("peer")
    return tell(error)


def test_dual_stack_listener_serves_ipv4():
    with socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as listener:
        told = refused(("127.0.0.1", listener.getsockname()[1]))
        assert "though a listener" in told.why
        assert told.seen[0].startswith("the listener on [::]:")
    with socket.create_server(("::", 0), family=socket.AF_INET6) as listener:
        told = refused(("127.0.0.1", listener.getsockname()[1]))
        assert told.why.startswith("nothing listens")
        assert told.seen[0].startswith("a listener on [::]:")


MAPPED = "::ffff:127.0.0.1"


def test_a_mapped_address_leads_to_ipv4():
    """IPv6 by its looks: what serves IPv6 only does not serve it."""
    with socket.create_server(("::", 0), family=socket.AF_INET6) as listener:
        there = (MAPPED, listener.getsockname()[1], 0, 0)
        told = tell(failure(connect, loopback.IPV6, there))
        assert told.why.startswith("nothing listens")
        assert "IPv6 only" in told.seen[0]
    for host in ("127.0.0.1", "0.0.0.0"):
        with socket.create_server((host, 0)) as listener:
            told = refused((MAPPED, listener.getsockname()[1], 0, 0))
            assert "though a listener" in told.why


def test_a_full_queue_of_a_mapped_address():
    with (
        testing.full_queue(host="127.0.0.1") as address,
        pysock.socket(socket.AF_INET6) as sock,
    ):
        sock.settimeout(0.3)
        error = failure(sock.connect, (MAPPED, address.port, 0, 0))
        assert "is full now" in tell(error).seen[0]


def test_no_address_is_this_machines_loopback():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told = refused(("0.0.0.0", listener.getsockname()[1]))
        assert "though a listener" in told.why


def test_a_host_that_is_empty_is_no_part_of_a_command(family):
    with (
        socket.socket(family.number) as bound,
        pysock.socket(family.number) as sock,
    ):
        bound.bind((family.host, 0))
        error = failure(sock.connect, ("", bound.getsockname()[1]))
    assert error.code == "connect-refused-reset"
    assert tell(error).try_ is None


def test_other_machines_are_not_looked_for_here():
    told = refused(("192.0.2.1", 80))
    assert told.why == (
        "a RST refused the connection to 192.0.2.1:80: nothing listens "
        "there, or a firewall refuses, here or on the way"
    )
    assert told.seen == ()


def test_full_accept_queue(family):
    with testing.full_queue(host=family.host) as address:
        with pysock.socket(family.number) as sock:
            sock.settimeout(0.3)
            error = failure(sock.connect, address)
        told = tell(error)
        where = errors.show_address(address)
        assert told.code == "connect-timeout-deadline"
        assert told.seen == (
            f"the accept queue of {where} (pid {os.getpid()}, {NAME}) is full "
            "now: 1 waiting, with a limit of 0",
            "it has dropped 1 segment so far",
        )
        assert told.try_.startswith("make the server accept sooner")
        address.heal()
        told = tell(error)
        assert "is not full now: 1 waiting" in told.seen[0]
        path = "`pysock path {} {}`".format(*address)
        assert told.try_.startswith(path)


def test_address_is_held_by_a_listener(listener):
    with pysock.socket(listener.family) as sock:
        error = failure(sock.bind, listener.getsockname())
    where = errors.show_address(listener.getsockname())
    told = tell(error)
    assert told.why == f"{where} is taken"
    assert told.seen == (
        f"held by {where} (pid {os.getpid()}, {NAME}, LISTEN)",
    )
    assert told.code == "bind-in-use"


def test_address_is_held_by_a_bound_socket():
    with socket.socket() as bound, pysock.socket() as sock:
        bound.bind(("0.0.0.0", 0))
        port = bound.getsockname()[1]
        error = failure(sock.bind, ("127.0.0.1", port))
        assert tell(error).seen == (
            f"held by 0.0.0.0:{port} (pid {os.getpid()}, {NAME}, CLOSE)",
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
    told = tell(error)
    assert told.why.endswith("is taken by connections in TIME_WAIT")
    [fact] = told.seen
    assert fact.startswith("3 connections there in TIME_WAIT, the last for")
    assert told.try_.startswith("set SO_REUSEADDR before bind, or wait ")


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
        told = tell(error)
    assert told.code == "connect-no-port"
    assert told.seen == (
        "4 of 4 ports (40000 to 40003, net.ipv4.ip_local_port_range) go "
        "there, 4 of them in ESTABLISHED",
    )


def test_descriptors_used_up_by_close_wait():
    done = run("""
        import resource, socket
        import pysock
        listener = pysock.create_server(("127.0.0.1", 0))
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
            print(error.explain())
    """)
    assert done.stdout.splitlines() == [
        "why   this process has no descriptor left (RLIMIT_NOFILE)",
        "seen  40 of 40 descriptors are open now",
        "seen  5 of them are sockets in CLOSE_WAIT: the peer closed and this "
        "program did not",
        "try   close a connection when recv() gives b''",
        "code  no-descriptor",
    ]


NONSENSE = [None, (), ("", 0), ("host", "port"), 7, ("127.0.0.1", None), "x"]


@pytest.mark.parametrize("address", NONSENSE)
@pytest.mark.parametrize(
    "kind",
    [
        errors.ConnectRefusedError,
        errors.ConnectTimeoutError,
        errors.AddressInUseError,
        errors.AddressUnavailableError,
        errors.NetworkUnreachableError,
        errors.BindDeniedError,
        errors.ResolveError,
    ],
)
def test_nonsense_is_survived(kind, address):
    for call in ("connect", "bind", "getaddrinfo", None):
        for origin in (None, errors.Origin("peer"), errors.Origin("route"), 5):
            error = kind(1, "x")
            error.call, error.address, error.origin = call, address, origin
            told = tell(error)
            assert told.why
            assert told.code == error.code
