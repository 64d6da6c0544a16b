"""Each manager: what a plain client meets, and what was on the wire."""

import contextlib
import errno
import pickle
import socket
import ssl

import pytest

from lab.packets import FIN, RST, SYN
from pysock import TcpState, errors, testing
from pysock.testing.scripted import ANSWER, BODY
from support.loopback import has_ipv6, wait_for_state
from testing.client import LONG, REQUEST, fetch, fetch_twice
from testing.wire import tapped

HEAD = len(ANSWER) - len(BODY)
HOSTS = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]

NO_NAME = ("name-not-found", "name-no-answer", "name-server-failed")
RESET_CODES = {
    "accept": (
        "connect-reset",
        "peer-reset-at-once",
        "peer-reset-unanswered",
    ),
    "request": ("peer-reset-unanswered",),
    "body": ("peer-reset-idle",),
}


@pytest.fixture(params=HOSTS)
def host(request):
    return request.param


@contextlib.contextmanager
def failure(manager):
    """Enter a manager; give its address and the wire."""
    with tapped() as wire, manager as address:
        wire.watch(address.port)
        yield address, wire


def test_refusing(host):
    with failure(testing.refusing(host=host)) as (address, wire):
        with pytest.raises(errors.ConnectRefusedError) as caught:
            fetch(address)
        assert caught.value.code == "connect-refused-reset"
        assert caught.value.origin.kind == "peer"
        [only] = wire.of_server()
        assert only.flags & RST


def test_full_queue(host):
    with failure(testing.full_queue(host=host)) as (address, wire):
        with pytest.raises(errors.ConnectTimeoutError) as caught:
            fetch(address)
        assert caught.value.code == "connect-timeout-deadline"
        assert wire.of_server() == []
        assert all(segment.flags & SYN for segment in wire.of_client())


def test_full_queue_that_is_healed(host):
    with failure(testing.full_queue(host=host)) as (address, wire):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as client:
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.connect(address)
            address.heal()
            wait_for_state(client, TcpState.ESTABLISHED)
        syns = [s for s in wire.of_client() if s.flags & SYN]
        assert len(syns) == 2  # the first was dropped


def test_accepting_never(host):
    with failure(testing.accepting_never(host=host)) as (address, wire):
        with pytest.raises(errors.TransferTimeoutError) as caught:
            fetch(address)
        assert caught.value.code == "timeout-program-slow"
        assert wire.client_bytes() == REQUEST
        assert wire.server_bytes() == b""
        assert not wire.server_flags(FIN | RST)


def test_never_reading(host):
    with failure(testing.never_reading(host=host)) as (address, wire):
        with pytest.raises(errors.TransferTimeoutError) as caught:
            fetch(address, LONG)
        assert caught.value.code == "timeout-window-closed"
        assert caught.value.call == "sendall"
        assert any(segment.window == 0 for segment in wire.of_server())
        assert not wire.server_flags(FIN)


def test_out_of_descriptors(host):
    with failure(testing.out_of_descriptors(host=host)) as (address, wire):
        with pytest.raises(errors.DescriptorLimitError) as caught:
            fetch(address)
        assert caught.value.code == "no-descriptor"
        assert wire.segments() == []
    with testing.refusing():
        pass  # there are descriptors again


def test_unresolvable_name():
    with tapped() as wire, testing.unresolvable_name() as address:
        wire.watch(address.port)
        with pytest.raises(errors.ResolveError) as caught:
            fetch(address)
        # The first where a name server answers, as it does on most machines.
        assert caught.value.code in NO_NAME
        assert wire.segments() == []


def test_silent_after_a_request(host):
    with failure(testing.silent_after(host=host)) as (address, wire):
        with pytest.raises(errors.TransferTimeoutError) as caught:
            fetch(address)
        assert caught.value.code == "timeout-program-slow"
        assert wire.client_bytes() == REQUEST
        assert wire.server_bytes() == b""
        assert not wire.server_flags(FIN | RST)


@pytest.mark.parametrize("when", ["accept", "request", "body"])
def test_resetting(host, when):
    manager = testing.resetting(when, after=100, host=host)
    with failure(manager) as (address, wire):
        # One that comes at once may still end the connect.
        kinds = {"accept": (errors.PeerResetError, errors.ConnectError)}
        with pytest.raises(kinds.get(when, errors.PeerResetError)) as caught:
            fetch(address)
        assert caught.value.errno == errno.ECONNRESET
        assert caught.value.code in RESET_CODES[when]
        assert wire.server_flags(RST)
        assert not wire.server_flags(FIN)
        if when != "accept":
            assert wire.client_bytes() == REQUEST
        sent = ANSWER[: HEAD + 100] if when == "body" else b""
        assert wire.server_bytes() == sent


@pytest.mark.parametrize("when", ["accept", "request", "body"])
def test_closing(host, when):
    with failure(testing.closing(when, after=100, host=host)) as (
        address,
        wire,
    ):
        # A request after the FIN may meet a RST first.
        also = (errors.PeerResetError,) if when == "accept" else ()
        with pytest.raises((EOFError, *also)):
            fetch(address)
        sent = ANSWER[: HEAD + 100] if when == "body" else b""
        assert wire.server_bytes() == sent
        flags = [s.flags & (FIN | RST) for s in wire.of_server()]
        assert next(filter(None, flags)) == FIN


def test_stale_keepalive(host):
    with failure(testing.stale_keepalive(host=host)) as (address, wire):
        with pytest.raises(errors.PeerResetError) as caught:
            fetch_twice(address)
        # The answer and the next request may be of the same millisecond.
        assert caught.value.code in ("peer-reset-unanswered", "peer-reset")
        assert wire.client_bytes() == REQUEST * 2
        assert wire.server_bytes() == ANSWER
        assert wire.server_flags(RST)
        assert not wire.server_flags(FIN)
        assert fetch(address) == BODY


def test_stale_keepalive_that_is_used_in_time(host):
    with testing.stale_keepalive(idle=60, host=host) as address:
        assert fetch_twice(address) == BODY


def test_half_answer(host):
    with failure(testing.half_answer(500, host=host)) as (address, wire):
        with pytest.raises(errors.TransferTimeoutError) as caught:
            fetch(address)
        assert caught.value.code == "timeout"
        assert wire.server_bytes() == ANSWER[: HEAD + 500]
        assert not wire.server_flags(FIN | RST)


def test_slow(host):
    with failure(testing.slow(100_000, host=host)) as (address, wire):
        assert fetch(address, timeout=5) == BODY
        pieces = [len(s.payload) for s in wire.of_server() if s.payload]
        assert max(pieces) <= 5000


def test_plain_text_on_tls(host):
    with failure(testing.plain_text_on_tls(host=host)) as (address, wire):
        assert address.url.startswith("https://")
        with pytest.raises(ssl.SSLError) as caught:
            fetch(address)
        assert caught.value.reason == "WRONG_VERSION_NUMBER"
        assert wire.server_bytes().startswith(b"HTTP/1.1 400 ")


def test_tls_in_good_health(host):
    with testing.tls(host=host) as address:
        assert fetch(address, timeout=5) == BODY


@pytest.mark.parametrize(
    ("fault", "code"), [("expired", 10), ("wrong_name", 64)]
)
def test_tls_with_a_bad_certificate(host, fault, code):
    with failure(testing.tls(host=host, **{fault: True})) as (address, wire):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            fetch(address, timeout=5)
        assert caught.value.verify_code == code
        assert wire.server_bytes().startswith(b"\x16\x03")


def test_tls_with_a_reset_in_the_handshake(host):
    manager = testing.tls(host=host, reset_in_handshake=True)
    with failure(manager) as (address, wire):
        with pytest.raises(OSError, match="reset"):
            fetch(address, timeout=5)
        assert wire.client_bytes().startswith(b"\x16\x03")
        assert wire.server_bytes() == b""
        assert wire.server_flags(RST)


def test_only_the_first_times_fail():
    with testing.resetting(times=2) as address:
        for _ in range(2):
            with pytest.raises(errors.PeerResetError):
                fetch(address)
        assert fetch(address) == BODY


def test_script(host):
    steps = [
        ("read", len(REQUEST)), ("send", b"half "), ("wait", 0.01),
        ("send", b"an answer"), "shutdown", "drain",
    ]  # fmt: skip
    with failure(testing.script(steps, host=host)) as (address, wire):
        with pytest.raises(EOFError):
            fetch(address)
        assert wire.server_bytes() == b"half an answer"
        assert wire.server_flags(FIN)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: none\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n",
        b"Content-Length: -1\r\n",
    ],
)
def test_a_client_that_sends_nonsense_ends_no_server(head):
    request = b"POST / HTTP/1.1\r\n" + head + b"\r\n"
    with testing.script(["request", "answer", "again"]) as address:
        for _ in range(2):
            with socket.create_connection(address, 5) as client:
                client.sendall(request)
                assert client.recv(8) == b"HTTP/1.1"


@pytest.mark.parametrize("seconds", [1e9, float("inf")])
def test_a_wait_that_is_as_good_as_for_ever(seconds):
    """Longer than poll(2) can wait: the others are served meanwhile."""
    with (
        testing.script([("wait", seconds)], times=1) as address,
        socket.create_connection(address, 5) as waiting,
    ):
        assert fetch(address) == BODY
        waiting.settimeout(0)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)


@pytest.mark.parametrize(
    "step",
    [
        ("read", "1"),
        ("read", -1),
        ("answer", 2.5),
        ("send", "text"),
        ("wait", -1),
        ("wait", float("nan")),
        ("again_within", None),
        ("slowly", 0),
        ("slowly", float("inf")),
    ],
)
def test_script_with_a_wrong_argument(step):
    """Told where it is written, not by a server that is gone."""
    with pytest.raises(ValueError, match=f"the step .*{step[0]}.* takes "):
        testing.script([step])


@pytest.mark.parametrize(
    "step", ["leap", ("read",), ("reset", 1), (), "tls", "relay"]
)
def test_script_with_a_wrong_step(step):
    with pytest.raises(ValueError, match="no such step"):
        testing.script(["request", step])


@pytest.mark.parametrize("manager", [testing.resetting, testing.closing])
def test_a_point_that_does_not_exist(manager):
    with pytest.raises(ValueError, match="accept, request, body"):
        manager("after lunch")


def test_an_address_that_is_not_ours():
    for manager in (testing.refusing, testing.resetting):
        with pytest.raises(OSError, match="assign") as caught:
            manager(host="192.0.2.77").__enter__()
        assert caught.value.errno == errno.EADDRNOTAVAIL


def test_manager_that_is_entered_twice():
    manager = testing.resetting()
    with manager, pytest.raises(RuntimeError, match="make another"):
        manager.__enter__()
    with manager as address, pytest.raises(errors.PeerResetError):
        fetch(address, timeout=5)


def test_address_is_a_tuple_that_pickles():
    with testing.tls() as address:
        copy = pickle.loads(pickle.dumps(address))
    assert (copy.url, copy.ca_file) == (address.url, address.ca_file)
    with testing.proxy(("127.0.0.1", 9)) as link:
        copy = pickle.loads(pickle.dumps(link))
        assert copy == link == (link.host, link.port)
        assert type(copy) is testing.Address
    assert testing.Address("::1", 80).url == "http://[::1]:80"
