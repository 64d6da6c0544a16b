"""Every state of a connection, made for real and read back on both ends.

Through the public interface: `tcp_state()` while there is a descriptor,
`sock_diag` before accept and after close. The walks are those of the notes:
the handshake, the normal end, the half-close, both ends closing at once, a
reset. Packets are dropped where a state would last for microseconds only.
"""

import contextlib
import socket
from pathlib import Path

import pytest

import pysock
from pysock import TcpState, sock_diag
from support import loopback
from support.quiet import drop, drop_nothing, quiet  # noqa: F401


def state_of(local, remote):
    """What the table says of one end; None when it is not there."""
    entry = sock_diag.find(local, remote)
    return None if entry is None else entry.state


def wait_for(state, local, remote):
    loopback.wait_until(
        lambda: state_of(local, remote) is state, f"{state!r} of {local}"
    )


class Life:
    """One connection: both ends, and what each of them reads."""

    def __init__(self, family):
        self.listener = loopback.listen(pysock, family)
        self.client = pysock.socket(family.number)
        self.client.connect(self.listener.getsockname())
        self.server, _ = self.listener.accept()
        self.here = self.client.getsockname(), self.client.getpeername()
        self.there = self.here[::-1]

    def states(self):
        return state_of(*self.here), state_of(*self.there)

    def wait(self, here, there):
        wait_for(here, *self.here)
        wait_for(there, *self.there)

    def close(self):
        for sock in (self.client, self.server, self.listener):
            sock.close()


@pytest.fixture
def life(quiet, family):  # noqa: F811
    made = Life(family)
    yield made
    made.close()


def test_handshake(quiet, family):  # noqa: F811
    with loopback.listen(pysock, family) as listener:
        address = listener.getsockname()
        assert listener.tcp_state() is TcpState.LISTEN
        assert state_of(address, None) is TcpState.LISTEN
        with pysock.socket(family.number) as client:
            assert client.tcp_state() is TcpState.CLOSE
            client.setblocking(False)
            # First the SYN is lost, then the SYN-ACK.
            drop(f"tcp dport {address[1]}")
            with contextlib.suppress(BlockingIOError):
                client.connect(address)
            here = client.getsockname()
            assert client.tcp_state() is TcpState.SYN_SENT
            assert state_of(here, address) is TcpState.SYN_SENT
            assert state_of(address, here) is None
            drop_nothing()
            drop(f"tcp sport {address[1]}")
            wait_for(TcpState.SYN_RECV, address, here)
            half = sock_diag.find(address, here)
            assert half.timer == "on"
            assert half.inode == 0
            assert half.tcp_info is None
            assert client.tcp_state() is TcpState.SYN_SENT
            drop_nothing()
            loopback.wait_writable(client)
            assert client.tcp_state() is TcpState.ESTABLISHED
            wait_for(TcpState.ESTABLISHED, address, here)
            # Complete, and not accepted: it has no descriptor.
            waiting = sock_diag.find(address, here)
            assert waiting.inode == 0
            assert waiting.cookie == half.cookie
            server, _ = listener.accept()
            with server:
                assert server.tcp_state() is TcpState.ESTABLISHED
                accepted = sock_diag.find(address, here)
                assert accepted.inode != 0
                assert accepted.cookie == half.cookie


def test_normal_end(life):
    """FIN_WAIT1 to TIME_WAIT at one end, CLOSE_WAIT and LAST_ACK there."""
    port = life.listener.getsockname()[1]
    # The FIN is lost: the active end waits for its ACK.
    drop(f"tcp dport {port}")
    life.client.shutdown(socket.SHUT_WR)
    assert life.client.tcp_state() is TcpState.FIN_WAIT1
    assert life.states() == (TcpState.FIN_WAIT1, TcpState.ESTABLISHED)
    drop_nothing()
    life.wait(TcpState.FIN_WAIT2, TcpState.CLOSE_WAIT)
    assert life.client.tcp_state() is TcpState.FIN_WAIT2
    assert life.server.tcp_state() is TcpState.CLOSE_WAIT
    # Half closed: this direction still works.
    life.server.sendall(b"still here")
    assert life.client.recv_exactly(10) == b"still here"
    # Now the other FIN is lost, after the descriptor is gone.
    drop(f"tcp sport {port}")
    life.server.close()
    life.wait(TcpState.FIN_WAIT2, TcpState.LAST_ACK)
    last = sock_diag.find(*life.there)
    assert last.inode == 0
    assert last.tcp_info.state is TcpState.LAST_ACK
    drop_nothing()
    life.wait(TcpState.TIME_WAIT, None)
    # All that is left of the connection has no descriptor's state any more.
    assert life.client.tcp_state() is TcpState.CLOSE
    stub = sock_diag.find(*life.here)
    assert stub.timer == "timewait"
    assert 0 < stub.expires_ms <= 60_000
    assert stub.tcp_info is None
    assert (stub.inode, stub.uid) == (0, 0)
    assert [e.cookie for e in sock_diag.sockets("TIME-WAIT")] == [stub.cookie]


def test_fin_wait2_after_close(life):
    life.client.close()
    life.wait(TcpState.FIN_WAIT2, TcpState.CLOSE_WAIT)
    stub = sock_diag.find(*life.here)
    assert (stub.timer, stub.inode) == ("timewait", 0)
    # The peer's program has not noticed, and may still write: N20.
    assert life.server.tcp_state() is TcpState.CLOSE_WAIT
    assert life.server.recv(1) == b""
    life.server.close()
    life.wait(TcpState.TIME_WAIT, None)


def test_both_close_at_once(life):
    """CLOSING: our FIN is out, the peer's has come, the ACK has not."""
    port = life.listener.getsockname()[1]
    # Both FINs cross: each is lost the first time it is sent.
    drop(f"tcp dport {port}", f"tcp sport {port}")
    life.client.shutdown(socket.SHUT_WR)
    life.server.shutdown(socket.SHUT_WR)
    assert life.states() == (TcpState.FIN_WAIT1, TcpState.FIN_WAIT1)
    drop_nothing()
    # From here on the server hears nothing; the client hears its FIN, and
    # that FIN does not acknowledge the client's.
    drop(f"tcp dport {port}")
    life.wait(TcpState.CLOSING, TcpState.FIN_WAIT1)
    assert life.client.tcp_state() is TcpState.CLOSING
    drop_nothing()
    life.wait(TcpState.TIME_WAIT, TcpState.TIME_WAIT)


def test_reset(life):
    life.client.abort()
    loopback.wait_for_state(life.server, TcpState.CLOSE)
    assert life.server.tcp_state() is TcpState.CLOSE
    # No TIME_WAIT after a reset, on neither end.
    assert life.states() == (None, None)


def test_close_is_told_at_the_end(life):
    """What no table shows any more: the obituary is in state CLOSE."""
    client, server = (sock_diag.find(*life.here), sock_diag.find(*life.there))
    with sock_diag.obituaries(timeout=5) as deaths:
        life.client.abort()
        life.server.close()
        dead = {
            entry.cookie: entry for _, entry in zip("ab", deaths, strict=False)
        }
    assert [entry.state for entry in dead.values()] == [TcpState.CLOSE] * 2
    killed = dead[server.cookie]
    assert (killed.local, killed.remote) == life.there
    # The one that reset it was disconnected before it died.
    assert dead[client.cookie].remote_port == 0


def test_shared_descriptor_sends_no_fin(life):
    """N15: close takes one reference off; the last one sends the FIN."""
    twin = life.client.dup()
    life.client.close()
    assert life.states() == (TcpState.ESTABLISHED, TcpState.ESTABLISHED)
    twin.close()
    life.wait(TcpState.FIN_WAIT2, TcpState.CLOSE_WAIT)


def test_shutdown_does_not_wait_for_the_last_reference(life):
    with life.client.dup():
        life.client.shutdown(socket.SHUT_WR)
        life.wait(TcpState.FIN_WAIT2, TcpState.CLOSE_WAIT)


def test_every_state_is_in_this_file():
    text = Path(__file__).read_text()
    for state in TcpState:
        assert f"TcpState.{state.name}" in text
