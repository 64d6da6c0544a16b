"""Calls that this machine refuses by itself: rows 8, 10 to 13, 28 and 29."""

import contextlib
import errno
import pickle
import socket as standard

import pytest

import pysock
from lab.capabilities import call_without_capabilities
from lab.place import FAMILY, LOOPBACK, NOWHERE_HOST, PORT, address
from lab.replies import Script, syn_ack
from pysock import TcpState, errors
from support import loopback

pytest_plugins = ["lab.fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("place")]


@pytest.fixture
def sock(version):
    with pysock.socket(FAMILY[version]) as made:
        yield made


@pytest.fixture
def listener(version):
    with pysock.socket(FAMILY[version]) as made:
        made.bind((LOOPBACK[version], 0))
        made.listen()
        yield made


def check(error, kind, number, call, origin, peer=None, local=None):
    builtin = type(OSError(number, ""))
    assert isinstance(error, kind)
    assert type(error).__name__ == kind.__name__
    assert isinstance(error, builtin)
    assert error.errno == number
    assert error.call == call
    assert (error.origin and error.origin.kind) == origin
    assert error.address == peer
    if local is not None:
        assert error.local_address == local
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.to_dict() == error.to_dict()


def test_row_8_in_progress_and_already(place, version, sock, lab_table):
    peer = place.host(version, Script())
    sock.settimeout(0)
    with pytest.raises(errors.ConnectInProgressError) as first:
        sock.connect(peer)
    with pytest.raises(errors.ConnectAlreadyError) as second:
        sock.connect(peer)
    assert sock.connect_ex(peer) == errno.EALREADY
    for caught, kind, number in (
        (first, errors.ConnectInProgressError, errno.EINPROGRESS),
        (second, errors.ConnectAlreadyError, errno.EALREADY),
    ):
        check(caught.value, kind, number, "connect", None, peer)
        assert caught.value.tcp_info is None
        lab_table("8", "under-way", version, caught.value)
    assert sock.take_error() is None
    assert sock.tcp_state() is TcpState.SYN_SENT


def test_row_3a_reset_before_it_is_known(version, sock, listener, lab_table):
    """The handshake is over when the RST comes, and nobody has been told."""
    sock.setblocking(False)
    there = listener.getsockname()
    with contextlib.suppress(BlockingIOError):
        sock.connect(there)
    loopback.reset(listener.accept()[0])
    loopback.wait_for_state(sock, TcpState.CLOSE)
    with pytest.raises(errors.ConnectResetError) as caught:
        sock.connect(there)
    error = caught.value
    check(error, errors.ConnectResetError, errno.ECONNRESET, "connect",
          "peer", there)  # fmt: skip
    assert error.code == "connect-reset"
    assert error.explain().why.startswith(f"{errors.show_address(there)} acc")
    lab_table("3a", "reset-at-once", version, error)


@pytest.mark.parametrize("timeout", [None, 5.0, 0.0], ids=str)
def test_row_10_connected_already(place, version, sock, timeout, lab_table):
    peer = place.host(version, Script(to_syn=(syn_ack,)))
    sock.connect(peer)
    sock.settimeout(timeout)
    with pytest.raises(errors.AlreadyConnectedError) as caught:
        sock.connect(peer)
    kind = errors.AlreadyConnectedError
    check(caught.value, kind, errno.EISCONN, "connect", "caller", peer)
    assert caught.value.tcp_info.state is TcpState.ESTABLISHED
    lab_table("10", "connected", version, caught.value)


def test_row_11_taken(version, sock, listener, lab_table):
    where = listener.getsockname()
    with pytest.raises(errors.AddressInUseError) as caught:
        sock.bind(where)
    kind = errors.AddressInUseError
    check(caught.value, kind, errno.EADDRINUSE, "bind", "limit", where)
    lab_table("11", "taken", version, caught.value)


def test_row_11_second_listen(version, lab_table):
    """Two sockets may be bound with SO_REUSEADDR; one of them listens."""
    with contextlib.ExitStack() as stack:
        first, second = (
            stack.enter_context(pysock.socket(FAMILY[version]))
            for _ in range(2)
        )
        for each in (first, second):
            each.setsockopt(standard.SOL_SOCKET, standard.SO_REUSEADDR, 1)
        first.bind((LOOPBACK[version], 0))
        second.bind(first.getsockname())
        first.listen()
        with pytest.raises(errors.AddressInUseError) as caught:
            second.listen()
        assert caught.value.call == "listen"
        assert caught.value.local_address == first.getsockname()
    lab_table("11", "second-listen", version, caught.value)


def test_row_12_not_ours(version, sock, lab_table):
    where = address(version, NOWHERE_HOST[version], PORT)
    with pytest.raises(errors.AddressUnavailableError) as caught:
        sock.bind(where)
    kind, number = errors.AddressUnavailableError, errno.EADDRNOTAVAIL
    check(caught.value, kind, number, "bind", "caller", where)
    lab_table("12", "bind-not-ours", version, caught.value)


def test_row_12_bind_with_no_port_left(place, version, lab_table):
    """Every ephemeral port is bound: bind to port 0 is EADDRINUSE."""
    place.namespace.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
    with contextlib.ExitStack() as stack:
        made = [
            stack.enter_context(pysock.socket(FAMILY[version]))
            for _ in range(3)
        ]
        for each in made[:2]:
            each.bind((LOOPBACK[version], 0))
        with pytest.raises(errors.AddressInUseError) as caught:
            made[2].bind((LOOPBACK[version], 0))
    assert caught.value.errno == errno.EADDRINUSE
    lab_table("11", "no-port-left", version, caught.value)


def test_row_13_privileged_port(version, sock, lab_table):
    where = address(version, LOOPBACK[version], 80)
    with pytest.raises(errors.BindDeniedError) as caught:
        call_without_capabilities(lambda: sock.bind(where))
    kind = errors.BindDeniedError
    check(caught.value, kind, errno.EACCES, "bind", "policy", where)
    lab_table("13", "privileged-port", version, caught.value)


UNCONNECTED = {
    "recv": (lambda s: s.recv(1), errno.ENOTCONN),
    "send": (lambda s: s.send(b"x"), errno.EPIPE),
    "sendall": (lambda s: s.sendall(b"x"), errno.EPIPE),
    "getpeername": (lambda s: s.getpeername(), errno.ENOTCONN),
    "shutdown": (lambda s: s.shutdown(2), errno.ENOTCONN),
}


@pytest.mark.parametrize("call", UNCONNECTED)
def test_row_28_not_connected(version, sock, call, lab_table):
    function, number = UNCONNECTED[call]
    with pytest.raises(errors.NotConnectedError) as caught:
        function(sock)
    check(caught.value, errors.NotConnectedError, number, call, "caller")
    lab_table("28", call, version, caught.value)


CLOSED = {
    "connect": lambda s: s.connect((LOOPBACK[6 if s.family == 10 else 4], 1)),
    "bind": lambda s: s.bind((LOOPBACK[6 if s.family == 10 else 4], 1)),
    "listen": lambda s: s.listen(),
    "accept": lambda s: s.accept(),
    "recv": lambda s: s.recv(1),
    "send": lambda s: s.send(b"x"),
    "shutdown": lambda s: s.shutdown(2),
    "getsockname": lambda s: s.getsockname(),
    "tcp_info": lambda s: s.tcp_info(),
    "take_error": lambda s: s.take_error(),
}


@pytest.mark.parametrize("call", CLOSED)
def test_row_29_closed(version, sock, call, lab_table):
    sock.close()
    with pytest.raises(errors.ClosedSocketError) as caught:
        CLOSED[call](sock)
    assert caught.value.errno == errno.EBADF
    assert caught.value.call == call
    assert caught.value.origin.kind == "caller"
    lab_table("29", call, version, caught.value)


def test_connect_after_a_failure(place, version, sock, lab_table):
    """A socket whose connect failed can connect elsewhere."""
    from lab.replies import rst

    for timeout in (None, 5.0):
        with pysock.socket(FAMILY[version]) as again:
            again.settimeout(timeout)
            with pytest.raises(errors.ConnectRefusedError):
                again.connect(place.host(version, Script(to_syn=(rst,))))
            if timeout is not None:
                # As in the standard module: the kernel first lets go.
                again.connect_ex(place.host(version, Script()))
            again.connect(place.host(version, Script(to_syn=(syn_ack,))))
            assert again.tcp_state() is TcpState.ESTABLISHED


def test_row_7a_link_local_address_without_a_scope(lab_table):
    """The errno of a blackhole route, but the call made no sense."""
    with (
        pysock.socket(pysock.AF_INET6) as sock,
        pytest.raises(errors.ConnectError) as caught,
    ):
        sock.connect(("fe80::1", PORT))
    assert caught.value.errno == errno.EINVAL
    assert caught.value.origin.kind == "caller"
    lab_table("7a", "no-scope-id", 6, caught.value)


def test_row_6_ipv4_address_on_a_socket_for_ipv6_only(lab_table):
    """The errno of a missing route, but the call made no sense."""
    with pysock.socket(pysock.AF_INET6) as sock:
        sock.setsockopt(pysock.IPPROTO_IPV6, pysock.IPV6_V6ONLY, 1)
        with pytest.raises(errors.NetworkUnreachableError) as caught:
            sock.connect(("::ffff:192.0.2.9", PORT))
    assert caught.value.origin.kind == "caller"
    lab_table("6", "ipv6-only", 6, caught.value)
