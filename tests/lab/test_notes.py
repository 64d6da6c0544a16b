"""The notes' statements on failures, N2 to N14, each made to happen.

The notes describe what UNIX does; where Linux does something else, the test
says what. The name of a test begins with the statement's.
"""

import errno
import os
import select
import selectors
import socket as standard
import struct
import subprocess

import pytest

import pysock
from lab.place import FAMILY, HERE, LOOPBACK, NOWHERE_HOST, PORT, address
from lab.replies import Script, ack, icmp, rst, syn_ack
from lab.waiting import until
from pysock import TcpState, errors

pytest_plugins = ["lab.fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("place")]

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


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


def is_syn(segment):
    return segment.flags & 2


def test_N2_no_answer_the_kernel_gives_up(place, version, sock):
    """Failure one: a timeout, the kernel's; the SYNs are counted."""
    where = place.host(version, Script())
    sock.setsockopt(standard.IPPROTO_TCP, standard.TCP_SYNCNT, 1)
    with pytest.raises(errors.ConnectTimeoutError) as caught:
        sock.connect(where)
    assert caught.value.origin.kind == "timer"
    # A blocking connect(2) leaves how often the SYN was repeated.
    assert caught.value.tcp_info.retransmits == 1
    assert "the SYN, sent twice in" in caught.value.explain().why
    # As many as really came to the far end.
    assert len(list(filter(is_syn, place.far_end.heard(where[0])))) == 2


def test_N2_no_answer_the_caller_gives_up_first(place, version, sock):
    where = place.host(version, Script())
    sock.settimeout(0.1)
    with pytest.raises(errors.ConnectTimeoutError) as caught:
        sock.connect(where)
    assert caught.value.origin.kind == "deadline"
    assert caught.value.tcp_info.segs_out == 1
    assert caught.value.tcp_info.state is TcpState.SYN_SENT


def test_N3_reset_is_final_at_once(place, version, sock):
    """Failure two: a hard error; no second SYN."""
    where = place.host(version, Script(to_syn=(rst,)))
    with pytest.raises(errors.ConnectRefusedError) as caught:
        sock.connect(where)
    assert caught.value.origin.kind == "peer"
    assert caught.value.elapsed < 1
    assert len(list(filter(is_syn, place.far_end.heard(where[0])))) == 1


def test_N3_looks_the_same_and_is_not(place, version, sock):
    """The same errno and class; it was a firewall, not the peer's TCP."""
    refuse = icmp((3, 3), (1, 4))
    with pytest.raises(errors.ConnectRefusedError) as caught:
        sock.connect(place.host(version, Script(to_syn=(refuse,))))
    assert caught.value.errno == errno.ECONNREFUSED
    assert caught.value.origin.kind == "icmp"


def test_N4_linux_reports_unreachable_at_once(place, version, sock):
    """Failure three. The notes: saved, and SYNs go on, until the timeout.

    Linux 6.18 ends the attempt with the first ICMP message.
    """
    unreachable = icmp((3, 1), (1, 3))
    where = place.host(version, Script(to_syn=(unreachable, syn_ack)))
    with pytest.raises(errors.HostUnreachableError) as caught:
        sock.connect(where)
    assert caught.value.origin.offender is not None
    assert caught.value.elapsed < 1
    assert len(list(filter(is_syn, place.far_end.heard(where[0])))) == 1


def test_N4_saved_while_connect_holds_the_socket(place, version, sock):
    """The one case in which Linux does as the notes say: it is stored.

    An ICMP message that comes inside the connect call is only noted; the
    next SYN is sent after a second, and ends it, or heals.
    """
    host = address(version, HERE[version], PORT)
    family = {4: "ip", 6: "ip6"}[version]
    kind = {4: "host-unreachable", 6: "addr-unreachable"}[version]
    if not _nft(
        f"add table {family} lab",
        f"add chain {family} lab out "
        "{ type filter hook output priority 0; }",
        f"add rule {family} lab out tcp dport {PORT} tcp flags syn "
        f"reject with {'icmp' if version == 4 else 'icmpv6'} type {kind}",
    ):
        from support.requirements import skip_or_fail

        skip_or_fail("nft (nftables) is missing, or does not work here")
    sock.settimeout(5)
    with pytest.raises(errors.HostUnreachableError) as caught:
        sock.connect(host)
    error = caught.value
    assert error.origin.kind == "icmp"
    # IPv6 keeps who it was with IPV6_RECVERR only, which is not asked for
    # with a timeout, nor to this machine.
    assert error.origin.offender == (HERE[4] if version == 4 else None)


def _nft(*commands):
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    try:
        done = subprocess.run(
            ["nft", "-f", "-"],
            input="\n".join(commands),
            env={**os.environ, "PATH": path},
            text=True,
            capture_output=True,
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


def test_N4_on_an_established_connection_it_is_saved(place, version, sock):
    """Here the notes are right: it may heal, and it does."""
    unreachable = icmp((3, 1), (1, 3))
    where = place.host(
        version, Script(to_syn=(syn_ack,), to_data=(unreachable,))
    )
    sock.connect(where)
    sock.send(b"x")
    place.far_end.wait_for(where[0], lambda segment: segment.payload)
    # The path heals: the next retransmission is acknowledged.
    place.far_end.play(where[0], Script(to_syn=(syn_ack,), to_data=(ack,)))
    until(lambda: sock.tcp_info().bytes_acked >= 2)
    sock.settimeout(0)
    with pytest.raises(errors.TransferWouldBlockError):
        sock.recv(1)
    assert sock.tcp_state() is TcpState.ESTABLISHED


def test_N5_other_work_during_the_handshake(place, version, sock):
    where = place.host(version, Script(to_syn=(syn_ack,), delay_ms=50))
    sock.settimeout(0)
    with pytest.raises(errors.ConnectInProgressError):
        sock.connect(where)
    rounds = 0
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while not selector.select(0.005):
            rounds += 1  # the other work
            assert rounds < 1000
    assert rounds > 0
    assert sock.take_error() is None
    assert sock.tcp_state() is TcpState.ESTABLISHED


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (rst, errors.ConnectRefusedError),
        (icmp((3, 1), (1, 3)), errors.HostUnreachableError),
    ],
    ids=["reset", "icmp"],
)
def test_N6_writable_is_not_connected(place, version, sock, answer, kind):
    sock.settimeout(0)
    sock.connect_ex(place.host(version, Script(to_syn=(answer,))))
    readable, writable, _ = select.select([sock], [sock], [], 5)
    assert (readable, writable) == ([sock], [sock])
    assert type(sock.take_error()) is kind
    assert sock.take_error() is None  # reading clears it


def test_N7_bind_fixes_what_it_is_told(place, version):
    here = HERE[version]
    wildcard = {4: "0.0.0.0", 6: "::"}[version]
    where = place.host(version, Script(to_syn=(syn_ack,)))
    port = _free_port(version, here)
    for asked in (
        (here, port),
        (here, 0),
        (wildcard, port),
        (wildcard, 0),
        None,
    ):
        with pysock.socket(FAMILY[version]) as free:
            free.setsockopt(standard.SOL_SOCKET, standard.SO_REUSEADDR, 1)
            if asked is not None:
                free.bind(asked)
            free.connect(where)
            host, chosen = free.getsockname()[:2]
            assert host == here  # the kernel picked what was missing
            assert chosen != 0
            if asked is not None and asked[1]:
                assert chosen == port
            free.abort()


def _free_port(version, host):
    with standard.socket(FAMILY[version]) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def test_N7_what_bind_cannot_have(place, version, sock, listener):
    with pytest.raises(errors.AddressInUseError):
        sock.bind(listener.getsockname())
    with pytest.raises(errors.AddressUnavailableError):
        sock.bind((NOWHERE_HOST[version], 0))


def test_N7_the_ephemeral_range_is_used_up(place, version):
    from lab.scenarios import ports_used_up

    where = ports_used_up(place, version)
    with pysock.socket(FAMILY[version]) as sock:
        with pytest.raises(errors.AddressUnavailableError) as caught:
            sock.connect(where)
        assert isinstance(caught.value, errors.ConnectError)
        # Towards another destination the same ports are free.
        sock.connect(place.host(version, Script(to_syn=(syn_ack,))))


@pytest.mark.parametrize("cookies", [0, 1], ids=["drop", "cookies"])
def test_N11_the_incomplete_queue_is_full(place, version, sock, cookies):
    """The notes: ignored. Linux: only without cookies."""
    place.namespace.sysctl("net.ipv4.tcp_syncookies", cookies)
    with pysock.socket(FAMILY[version]) as listener:
        listener.bind((HERE[version], 0))
        listener.listen(1)
        where = listener.getsockname()
        for _ in range(2):
            place.far_end.start_handshake(version, where)
        sock.settimeout(0.3)
        if cookies:
            sock.connect(where)
            return
        with pytest.raises(errors.ConnectTimeoutError) as caught:
            sock.connect(where)
        assert caught.value.tcp_info.segs_in == 0
        # The client's own SYN, again a second later, gets through once the
        # queue has room.
        assert caught.value.tcp_info.state is TcpState.SYN_SENT


def test_N13_accept_blocks_while_the_queue_is_empty(version, listener):
    listener.settimeout(0.05)
    with pytest.raises(errors.AcceptTimeoutError):
        listener.accept()
    listener.settimeout(0)
    with pytest.raises(errors.AcceptWouldBlockError):
        listener.accept()


def test_N14_reset_between_select_and_accept(version, listener, sock):
    """The notes: the entry is gone, and accept blocks. Linux keeps it."""
    sock.connect(listener.getsockname())
    assert select.select([listener], [], [], 5)[0]
    sock.abort()
    listener.settimeout(2)
    accepted, _ = listener.accept()  # at once
    with accepted:
        assert accepted.tcp_state() is TcpState.CLOSE
        with pytest.raises(errors.PeerResetError):
            accepted.recv(1)


def test_N14_accept_loop_counts_it_and_goes_on(version, listener):
    """The loop never blocks on the dead one, and gives the living one."""
    with (
        pysock.create_connection(listener.getsockname()[:2]) as dead,
        pysock.create_connection(listener.getsockname()[:2]) as living,
    ):
        there = living.getsockname()
        dead.abort()
        listener.settimeout(2)
        loop = pysock.accept_loop(listener)
        accepted, who = next(loop)
        accepted.close()
        assert who == there
        assert loop.stats.aborted == 1
        loop.close()
