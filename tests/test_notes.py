"""The notes' statements on failures, each made to happen and read back.

The notes describe what UNIX does; where Linux does something else, the test
says what. The name of a test begins with the statement's.
"""

import errno
import os
import select
import selectors
import signal
import socket as standard
import struct
import subprocess
import sys
import textwrap
import time

import pytest

import pysock
from lab.established import IMPATIENT, wait_for_state
from lab.place import FAMILY, HERE, LOOPBACK, NOWHERE_HOST, PORT, address
from lab.replies import Script, ack, data, fin, icmp, rst, syn_ack
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
    assert caught.value.tcp_info.segs_out == 2
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
        from requirements import skip_or_fail

        skip_or_fail("nft (nftables) is missing, or does not work here")
    sock.settimeout(5)
    with pytest.raises(errors.HostUnreachableError) as caught:
        sock.connect(host)
    error = caught.value
    assert error.origin.kind == "icmp"
    assert error.origin.offender == HERE[version]


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
    _until(lambda: sock.tcp_info().bytes_acked >= 2)
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
    with pysock.socket(FAMILY[version]) as free:
        port = _free_port(version, here)
    for asked, host_known, port_known in (
        ((here, port), True, True),
        ((here, 0), True, False),
        ((wildcard, port), False, True),
        ((wildcard, 0), False, False),
        (None, False, False),
    ):
        with pysock.socket(FAMILY[version]) as free:
            free.setsockopt(standard.SOL_SOCKET, standard.SO_REUSEADDR, 1)
            if asked is not None:
                free.bind(asked)
            free.connect(where)
            host, chosen = free.getsockname()[:2]
            assert host == here  # the kernel picked what was missing
            assert chosen != 0
            if port_known:
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
        for number in range(2):
            place.far_end.send_syn(version, 1000 + number, where)
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


def test_N16_half_close(place, version, sock):
    """The FIN goes at once, and what the peer has to say can be read."""
    script = Script(to_syn=(syn_ack,), to_fin=(ack, data(b"last words")))
    where = place.host(version, script)
    sock.connect(where)
    sock.shutdown(standard.SHUT_WR)
    place.far_end.wait_for(where[0], lambda segment: segment.flags & 1)
    assert sock.recv(100) == b"last words"
    _until(lambda: sock.tcp_state() is TcpState.FIN_WAIT2)
    with pytest.raises(errors.WriteAfterShutdownError):
        sock.send(b"more")


def test_N16_the_other_end_of_a_half_close(version, listener, sock):
    sock.connect(listener.getsockname())
    accepted, _ = listener.accept()
    with accepted:
        sock.shutdown(standard.SHUT_WR)
        assert accepted.recv(1) == b""
        assert accepted.tcp_state() is TcpState.CLOSE_WAIT
        accepted.sendall(b"still here")
        assert sock.recv_exactly(10) == b"still here"


def test_N20_the_peers_process_ends(place, version, sock):
    """A FIN: CLOSE_WAIT while the program waits for its user."""
    script = Script(to_syn=(syn_ack,), once_connected=(fin,), to_data=(ack,))
    sock.connect(place.host(version, script))
    wait_for_state(sock, TcpState.CLOSE_WAIT)
    assert sock.send(b"still allowed") == 13
    assert sock.recv(1) == b""
    with pytest.raises(errors.PeerClosedError):
        sock.recv_exactly(1)


def test_N21_write_after_that(place, version, sock):
    """RST to the first write; the second is EPIPE; a read gives the end."""
    script = Script(to_syn=(syn_ack,), once_connected=(fin,), to_data=(rst,))
    sock.connect(place.host(version, script))
    wait_for_state(sock, TcpState.CLOSE_WAIT)
    assert sock.send(b"x") == 1
    wait_for_state(sock, TcpState.CLOSE)
    with pytest.raises(errors.BrokenConnectionError):
        sock.send(b"x")
    assert sock.recv(1) == b""


DIES = textwrap.dedent("""
    import os, signal, sys, pysock
    from pysock import errors

    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sock = pysock.socket(fileno=int(sys.argv[1]))
    seen = []
    for call in (
        lambda: sock.send(b"x"),
        lambda: sock.sendall(b"x"),
        lambda: sock.sendmsg([b"x"]),
        lambda: sock.sendfile(open("/etc/passwd", "rb")),
        lambda: (sock.makefile("wb", buffering=0)).write(b"x"),
    ):
        for _ in range(2):
            try:
                call()
                seen.append(None)
            except OSError as error:
                seen.append(type(error).__name__)
    print(*seen)
""")


@pytest.mark.parametrize("how", ["peer is gone", "our own shutdown"])
def test_N21_no_sigpipe_even_at_its_default(place, version, sock, how):
    """A child that only writes to a dead peer, SIGPIPE at its default."""
    script = Script(to_syn=(syn_ack,), once_connected=(fin,), to_data=(rst,))
    sock.connect(place.host(version, script))
    wait_for_state(sock, TcpState.CLOSE_WAIT)
    if how == "peer is gone":
        sock.send(b"x")
        wait_for_state(sock, TcpState.CLOSE)
        expected = "BrokenConnectionError"
    else:
        sock.shutdown(standard.SHUT_WR)
        expected = "WriteAfterShutdownError"
    done = subprocess.run(
        [sys.executable, "-c", DIES, str(sock.fileno())],
        pass_fds=[sock.fileno()],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode != -signal.SIGPIPE, "killed"
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {expected}


def test_N22_cut_off_and_what_is_seen_before_the_end(place, version, sock):
    """Retransmissions, back-off, and the time since the last ACK, live."""
    sock.connect(place.host(version, Script(to_syn=(syn_ack,))))
    sock.setsockopt(*IMPATIENT[0][:2], 1200)
    before = sock.tcp_info()
    sock.send(b"x")
    _until(lambda: sock.tcp_info().retransmits >= 2)
    info = sock.tcp_info()
    assert info.state is TcpState.ESTABLISHED
    assert info.backoff >= 1
    assert info.last_ack_recv_ms > before.last_ack_recv_ms
    assert info.unacked == 1
    with pytest.raises(errors.PeerSilentError) as caught:
        sock.recv(1)
    assert caught.value.errno == errno.ETIMEDOUT
    assert caught.value.origin.kind == "timer"
    assert caught.value.tcp_info.total_retrans >= 2


def test_N23_the_host_comes_back_without_memory(place, version, sock):
    where = place.host(version, Script(to_syn=(syn_ack,)))
    sock.connect(where)
    sock.send(b"to the host that is down")
    place.far_end.wait_for(where[0], lambda segment: segment.payload)
    # It is up again, and answers the retransmission with a RST.
    place.far_end.play(where[0], Script(to_data=(rst,)))
    with pytest.raises(errors.PeerResetError) as caught:
        sock.recv(1)
    assert caught.value.tcp_info.total_retrans >= 1
    assert caught.value.origin.kind == "peer"


def test_N24_shut_down_in_order(place, version, sock):
    """A FIN; select shows it: readable, end of file, CLOSE_WAIT."""
    script = Script(to_syn=(syn_ack,), once_connected=(fin,), delay_ms=50)
    sock.connect(place.host(version, script))
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        assert selector.select(5)
    assert sock.tcp_state() is TcpState.CLOSE_WAIT
    assert sock.recv(1) == b""


def _until(holds, timeout=10):
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
