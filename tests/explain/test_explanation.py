"""explain(): the first sentence is about this very case, not about its row."""

import errno
import json
import socket
from pathlib import Path

import pytest

import pysock
from lab import namespace
from lab.namespace import Namespace
from pysock import errors
from support import loopback
from support.child import run
from support.loopback import listen
from support.queued import closed_address
from support.requirements import skip_or_fail


@pytest.fixture
def elsewhere():
    """A network namespace of the test's own, with loopback down."""
    missing = namespace.missing()
    if missing is not None:
        skip_or_fail(missing)
    alone = Namespace()
    try:
        with alone.entered():
            yield alone
    finally:
        alone.close()


def failure(call, *arguments):
    with pytest.raises(errors.SocketError) as info:
        call(*arguments)
    return info.value


def connect(family, address, here=None):
    with pysock.socket(family.number) as sock:
        if here is not None:
            sock.setsockopt(pysock.SOL_SOCKET, pysock.SO_REUSEADDR, 1)
            sock.bind(here)
        sock.connect(address)


def test_the_chosen_port_is_in_use_towards_there(family):
    with listen(socket, family) as target, socket.socket(family.number) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((family.host, 0))
        one.connect(target.getsockname())
        here, there = one.getsockname(), target.getsockname()
        error = failure(connect, family, there, here)
        assert error.origin.kind == "caller"
        assert error.explain().startswith("The socket is bound to a port from")


def test_no_port_is_left(family, elsewhere):
    elsewhere.ip("link set lo up")
    with listen(socket, family) as target, socket.socket(family.number) as one:
        elsewhere.sysctl("net.ipv4.ip_local_port_range", "30000 30000")
        one.connect(target.getsockname())
        error = failure(connect, family, target.getsockname())
        assert error.origin.kind == "limit"
        said = error.explain()
        assert said.startswith("No local port is left for a connection")
        assert "1 of the 1 local ports" in said


@pytest.mark.parametrize("here", [None, ("::", 5555)])
def test_no_address_to_send_from(here, elsewhere):
    error = failure(connect, loopback.IPV6, ("2001:db8::1", 80), here)
    assert (error.errno, error.origin.kind) == (errno.EADDRNOTAVAIL, "route")
    assert error.explain().startswith("No interface of this network namespace")


@pytest.mark.parametrize(
    "host",
    [
        "224.0.0.1",
        "255.255.255.255",
        "127.255.255.255",
        "ff0e::1",
        "::ffff:239.1.2.3",
        "::ffff:127.255.255.255",
    ],
)
def test_tcp_does_not_go_to_a_group(host):
    family = loopback.IPV6 if ":" in host else loopback.IPV4
    error = failure(connect, family, (host, 80))
    assert (error.errno, error.origin.kind) == (errno.ENETUNREACH, "route")
    assert error.explain().startswith("TCP connects to one host")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_without_a_route_it_is_the_route(host, elsewhere):
    elsewhere.ip("link set lo up")
    family = loopback.IPV6 if ":" in host else loopback.IPV4
    if family is loopback.IPV6:
        elsewhere.ip("address add 2001:db8:1::1/128 dev lo")
    error = failure(connect, family, (host, 80))
    assert (error.errno, error.origin.kind) == (errno.ENETUNREACH, "route")
    assert error.explain().startswith("No route leads there")


def test_calls_out_of_order(family):
    with listen(pysock, family) as listener, pysock.socket(family.number) as s:
        again = failure(listener.bind, (family.host, 0))
        assert again.explain().startswith("The socket has an address already")
        early = failure(s.accept)
        assert early.explain().startswith("The socket does not listen")
        s.connect(listener.getsockname())
        late = failure(s.listen)
        assert late.explain().startswith("The socket is connected")
        for error in (again, early, late):
            assert error.errno == errno.EINVAL


OUT_OF_DESCRIPTORS = """
    import os, resource
    import pysock

    listener = pysock.create_server(("127.0.0.1", 0))
    client = pysock.create_connection(listener.getsockname())
    resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1,) * 2)
    for call in (pysock.socket, listener.accept):
        try:
            call()
        except pysock.errors.DescriptorLimitError as error:
            print(error.explain())
"""


def test_only_accept_leaves_something_in_a_queue():
    made, accepted = run(OUT_OF_DESCRIPTORS).stdout.splitlines()
    said = "This process has no descriptor left (RLIMIT_NOFILE)."
    assert made.startswith(said)
    assert "queue" not in made
    assert accepted.startswith(f"{said} The connection stays queued.")


def test_files_of_the_whole_machine():
    """ENFILE, whose evidence is not about this process."""
    error = errors.DescriptorLimitError(errno.ENFILE, "")
    said = error.explain()
    assert said.startswith("The whole machine has no open file left")
    opened = Path("/proc/sys/fs/file-nr").read_text().split()
    assert f"of at most {int(opened[2]):,} are open now" in said


def test_connecting_a_connected_socket_counts_this_call_only(family):
    with listen(socket, family) as target, pysock.socket(family.number) as s:
        s.setblocking(False)
        s.connect_ex(target.getsockname())
        loopback.wait_until(lambda: s.tcp_state() == 1, "the handshake")
        s.setblocking(True)
        s.connect(target.getsockname())  # tells that it has succeeded
        s.setblocking(False)
        s._began -= 60  # as if it had begun a minute ago
        error = failure(s.connect, target.getsockname())
        assert type(error) is errors.AlreadyConnectedError
        assert error.elapsed < 30  # of this call


def test_the_name_of_a_resolvers_number():
    error = failure(pysock.create_connection, ("no-such.invalid", 80))
    number = error.errno
    said = error.to_dict()["errno_name"]
    assert said.startswith("EAI_")
    assert getattr(socket, said) == number


def test_attempts_are_in_the_dict():
    with (
        closed_address() as there,
        pytest.raises(errors.AllAttemptsFailedError) as info,
    ):
        pysock.create_connection(there, happy_eyeballs_delay=0.25)
    [attempt] = json.loads(json.dumps(info.value.to_dict()))["attempts"]
    assert attempt["error"] == "ConnectRefusedError"
    assert attempt["address"] == list(there)


@pytest.mark.parametrize("host", ["example.org", "", 7])
def test_an_address_made_by_hand_is_survived(host):
    error = errors.NetworkUnreachableError(errno.ENETUNREACH, "")
    error.address, error.origin = (host, 80), errors.Origin("route")
    said = error.explain()
    assert said.startswith("No route leads there")
    assert "No more evidence" in said
