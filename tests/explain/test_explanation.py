"""explain(): the sentences are about this very case, not about its row."""

import dataclasses
import errno
import json
import os
import pickle
import socket
from pathlib import Path

import pytest

import pysock
from lab import namespace
from lab.namespace import Namespace
from pysock import errors
from pysock.explain.explanation import Explanation
from pysock.explain.telling import note_of, tell
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
        assert error.code == "connect-port-taken"
        assert error.explain().why.startswith(f"port {here[1]} of this end")


def test_no_port_is_left(family, elsewhere):
    elsewhere.ip("link set lo up")
    with listen(socket, family) as target, socket.socket(family.number) as one:
        elsewhere.sysctl("net.ipv4.ip_local_port_range", "30000 30000")
        one.connect(target.getsockname())
        error = failure(connect, family, target.getsockname())
        assert error.origin.kind == "limit"
        said = error.explain()
        assert said.why.startswith("no local port is left for a connection")
        assert said.seen[0].startswith("1 of 1 ports (30000 to 30000")


@pytest.mark.parametrize("here", [None, ("::", 5555)])
def test_no_address_to_send_from(here, elsewhere):
    error = failure(connect, loopback.IPV6, ("2001:db8::1", 80), here)
    assert (error.errno, error.origin.kind) == (errno.EADDRNOTAVAIL, "route")
    assert error.code == "connect-no-address"
    assert error.explain().why.startswith("no interface of this network")


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
    if host.endswith("127.255.255.255"):
        # The broadcast address of a net; of which, the kernel alone knows.
        assert error.code == "connect-no-route"
    else:
        assert "is an address of many" in error.explain().why


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_without_a_route_it_is_the_route(host, elsewhere):
    elsewhere.ip("link set lo up")
    family = loopback.IPV6 if ":" in host else loopback.IPV4
    if family is loopback.IPV6:
        elsewhere.ip("address add 2001:db8:1::1/128 dev lo")
    error = failure(connect, family, (host, 80))
    assert (error.errno, error.origin.kind) == (errno.ENETUNREACH, "route")
    assert error.code == "connect-no-route"
    assert error.explain().why == f"this machine has no route to {host}"


def test_calls_out_of_order(family):
    with listen(pysock, family) as listener, pysock.socket(family.number) as s:
        again = failure(listener.bind, (family.host, 0))
        assert again.code == "bind-invalid"
        early = failure(s.accept)
        assert early.code == "accept-not-listening"
        s.connect(listener.getsockname())
        late = failure(s.listen)
        assert late.code == "listen-invalid"
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
            print(error.explain().why)
"""


def test_only_accept_leaves_something_in_a_queue():
    made, accepted = run(OUT_OF_DESCRIPTORS).stdout.splitlines()
    said = "this process has no descriptor left (RLIMIT_NOFILE)"
    assert made == said
    assert accepted == f"{said}; the connection stays queued"


def test_files_of_the_whole_machine():
    """ENFILE, whose evidence is not about this process."""
    error = errors.DescriptorLimitError(errno.ENFILE, "")
    said = error.explain()
    assert said.why.startswith("the whole machine has no open file left")
    opened = Path("/proc/sys/fs/file-nr").read_text().split()
    assert f"of at most {int(opened[2]):,} are open now" in said.seen[0]


def test_connecting_a_connected_socket_counts_this_call_only(family):
    with listen(socket, family) as target, pysock.socket(family.number) as s:
        s.setblocking(False)
        s.connect_ex(target.getsockname())
        loopback.wait_until(lambda: s.tcp_state() == 1, "the handshake")
        s.setblocking(True)
        s.connect(target.getsockname())  # tells that it has succeeded
        s.setblocking(False)
        s._pysock_began -= 60  # as if it had begun a minute ago
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


@pytest.mark.parametrize("host", ["example.org", 7])
def test_an_address_made_by_hand_is_survived(host):
    error = errors.NetworkUnreachableError(errno.ENETUNREACH, "")
    error.address, error.origin = (host, 80), errors.Origin("route")
    assert error.explain().why == f"this machine has no route to {host}"


def test_every_attempt_is_told():
    attempts = []
    for family in (loopback.IPV6, loopback.IPV4):
        with loopback.refusing(family) as there:
            attempts.append(failure(connect, family, there))
    error = errors.AllAttemptsFailedError.of(attempts, ("a.example", 80))
    told = tell(error)
    assert told.code == attempts[1].code
    assert told.why == tell(attempts[1]).why
    where = errors.show_address(attempts[0].address)
    before = [fact for fact in told.seen if where in fact]
    assert before == [f"tried before it: {where} (connect-refused-reset)"]


LONG = "x" * 80


@pytest.mark.parametrize(
    ("seen", "lines"),
    [
        ((), 0),
        (("one",), 1),
        (("one", "two", "three"), 1),
        ((LONG, "two", LONG), 2),
        ((LONG, LONG, LONG, LONG), 2),
        ((LONG + LONG,), 1),
    ],
)
def test_the_text_is_five_lines_at_most(seen, lines):
    told = Explanation("because", seen, "do this", "timeout")
    text = str(told).splitlines()
    assert text[0] == "why   because"
    assert [line[:6] for line in text[1:-2]] == ["seen  "] * lines
    assert text[-2:] == ["try   do this", "code  timeout"]
    for fact in seen:
        assert fact in str(told)
    without = Explanation("because", seen, None, "timeout")
    assert str(without).splitlines() == text[:-2] + text[-1:]


def test_an_explanation_is_a_frozen_record():
    told = Explanation("because", ("one", "two"), None, "timeout")
    assert dataclasses.is_dataclass(told)
    assert not isinstance(told, str)
    with pytest.raises(dataclasses.FrozenInstanceError):
        told.why = "for another reason"
    assert told == Explanation("because", ("one", "two"), None, "timeout")
    assert pickle.loads(pickle.dumps(told)) == told
    assert json.loads(json.dumps(told.as_dict())) == {
        "why": "because",
        "seen": ["one", "two"],
        "try": None,
        "code": "timeout",
    }


def test_a_note_has_the_lines_that_the_environment_wants(monkeypatch):
    with closed_address() as there, pysock.socket() as sock:
        error = failure(sock.connect, there)
    monkeypatch.delenv("PYSOCK_NOTES", raising=False)
    why = note_of(error).splitlines()[0]
    assert why.startswith(f"  why   nothing listens on port {there[1]} of ")
    assert note_of(error).splitlines()[-1] == "  code  connect-refused-reset"
    monkeypatch.setenv("PYSOCK_NOTES", "why")
    assert note_of(error) == why
    monkeypatch.setenv("PYSOCK_NOTES", "0")
    assert note_of(error) is None


def test_only_a_whole_note_names_other_processes():
    with listen(socket, loopback.IPV4) as taken, pysock.socket() as sock:
        error = failure(sock.bind, taken.getsockname())
        assert f"(pid {os.getpid()}, " in str(tell(error))
        assert "pid" not in str(tell(error, naming=False))
