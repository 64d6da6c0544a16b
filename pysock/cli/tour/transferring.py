"""Rows 20 to 33: reads, writes, and calls that make no sense."""

from __future__ import annotations

import select

import pysock
from pysock import errors, sock_diag
from pysock.cli.tour.child import become_nobody, in_child
from pysock.cli.tour.loopback import PATIENCE, give_up_after
from pysock.cli.tour.scenario import Seen, scenario, seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.cli.tour.loopback import Loopback


@scenario("20", errors.PeerClosedError, None, "peer")
def closed_in_order(place: Loopback) -> Seen:
    """The peer sends 3 bytes and closes; we want 10."""
    client, server = place.pair()
    server.sendall(b"abc")
    server.close()
    return seen(client, client.recv_exactly, 10)


@scenario("20a", errors.ReadAfterEndError, None, "caller")
def read_after_our_own_end(place: Loopback) -> Seen:
    """Shut our read half down, then read."""
    client, _ = place.pair()
    client.shutdown(pysock.SHUT_RD)
    return seen(client, client.recv_exactly, 10)


@scenario("21", errors.PeerResetError, "ECONNRESET", "peer")
def closed_with_data_unread(place: Loopback) -> Seen:
    """The peer closes without reading what we sent: a RST."""
    client, server = place.pair()
    client.sendall(b"never read")
    _wait_for(server)
    server.close()
    return seen(client, client.recv, 1)


@scenario("22", errors.BrokenConnectionError, "EPIPE", "peer")
def write_to_the_dead(place: Loopback) -> Seen:
    """The peer closed; we write (a RST comes back) and write again."""
    client, server = place.pair()
    server.close()
    _wait_for(client)
    client.send(b"first")
    _wait_for_reset(client)
    return seen(client, client.send, b"second")


@scenario("23", errors.WriteAfterShutdownError, "EPIPE", "caller")
def write_after_shutdown(place: Loopback) -> Seen:
    """Shut our write half down, then write."""
    client, _ = place.pair()
    client.shutdown(pysock.SHUT_WR)
    return seen(client, client.send, b"late")


@scenario("24", errors.PeerSilentError, "ETIMEDOUT", "timer", slow=True)
def peer_falls_silent(place: Loopback) -> Seen:
    """The peer's host drops what we send; the kernel gives up."""
    client = place.silent_peer()
    give_up_after(client, 300)
    client.send(b"anybody there?")
    return seen(client, client.recv, 1)


@scenario("26", errors.TransferTimeoutError, "ETIMEDOUT", "deadline")
def nothing_to_read_in_time(place: Loopback) -> Seen:
    """Read with a timeout of 0.1 s; the peer says nothing."""
    client, _ = place.pair()
    client.settimeout(0.1)
    return seen(client, client.recv, 1)


@scenario("27", errors.TransferWouldBlockError, "EAGAIN")
def nothing_to_read(place: Loopback) -> Seen:
    """Read without blocking; the peer says nothing."""
    client, _ = place.pair()
    client.setblocking(False)
    return seen(client, client.recv, 1)


@scenario("28", errors.NotConnectedError, "ENOTCONN", "caller")
def not_connected(place: Loopback) -> Seen:
    """Ask a socket that was never connected for its peer."""
    sock = place.socket()
    return seen(sock, sock.getpeername)


@scenario("29", errors.ClosedSocketError, "EBADF", "caller")
def closed_by_us(place: Loopback) -> Seen:
    """Read from a socket that this program has closed."""
    client, _ = place.pair()
    client.close()
    return seen(client, client.recv, 1)


@scenario("30", errors.NotTcpError, "EOPNOTSUPP", "caller", families=(0,))
def not_tcp(place: Loopback) -> Seen:
    """Ask a UDP socket for its TCP_INFO."""
    with pysock.socket(place.family, pysock.SOCK_DGRAM) as sock:
        return seen(None, sock.tcp_info)


@scenario("32", errors.NotListeningError, "EINVAL", "caller")
def not_listening(place: Loopback) -> Seen:
    """Ask a connected socket for its accept queue."""
    client, _ = place.pair()
    return seen(client, client.listen_queue)


@scenario("33", errors.DiagDeniedError, "EPERM", "policy")
def kill_denied(place: Loopback) -> Seen:
    """Kill a connection as a user without privileges."""
    client, _ = place.pair()
    ends = client.getsockname(), client.getpeername()
    return in_child(
        lambda: seen(client, sock_diag.destroy, *ends), prepare=become_nobody
    )


def _wait_for(sock: pysock.socket) -> None:
    """Wait until something came: data, a FIN or a RST."""
    select.select([sock], [], [], PATIENCE)


def _wait_for_reset(sock: pysock.socket) -> None:
    # POLLERR and POLLHUP are reported without being asked for.
    poll = select.poll()
    poll.register(sock, 0)
    poll.poll(PATIENCE * 1000)
