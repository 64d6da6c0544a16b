"""The notes' statements on ends, N16 to N24, each made to happen.

As test_notes.py: the name of a test begins with the statement's.
"""

import errno
import selectors
import signal
import socket as standard
import struct
import subprocess
import sys
import textwrap

import pytest

import pysock
from lab.established import IMPATIENT, wait_for_state
from lab.place import FAMILY, LOOPBACK
from lab.replies import Script, ack, data, fin, rst, syn_ack
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


def test_N16_half_close(place, version, sock):
    """The FIN goes at once, and what the peer has to say can be read."""
    script = Script(to_syn=(syn_ack,), to_fin=(ack, data(b"last words")))
    where = place.host(version, script)
    sock.connect(where)
    sock.shutdown(standard.SHUT_WR)
    place.far_end.wait_for(where[0], lambda segment: segment.flags & 1)
    assert sock.recv(100) == b"last words"
    until(lambda: sock.tcp_state() is TcpState.FIN_WAIT2)
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
    until(lambda: sock.tcp_info().retransmits >= 2)
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
