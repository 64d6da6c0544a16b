"""The life of a connection, both ends side by side, each state as it is seen.

Most states last for microseconds on loopback. Three things make them stay,
and none needs privileges: a full accept queue drops the SYN, TCP_DEFER_ACCEPT
keeps the server's half of the handshake open until data comes, and a FIN
waits behind data that does not fit into a closed window.
"""

from __future__ import annotations

import contextlib
import time

import pysock
from pysock import sock_diag
from pysock.cli.table import Table, print_json
from pysock.cli.tour.loopback import PATIENCE, Loopback, defer_accept
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pysock import TcpState

_TITLES = ("client", "server", "what happens")
_WIDTHS = (11, 11)
_GONE = "-"
_LISTEN = "LISTEN"


class Moment(Record):
    """What the kernel says of both ends after something has happened.

    Attributes:
        client: its state in the kernel's words, `None` where there is none.
        server: that of the other end; of the listener before there is one.
        what: what has just happened.
    """

    client: str | None
    server: str | None
    what: str

    def cells(self) -> tuple[str, str, str]:
        """The row of the table."""
        return (self.client or _GONE, self.server or _GONE, self.what)


class _Ends:
    """The two ends of a connection, by their addresses."""

    def __init__(self, client: pysock.socket, address: Any) -> None:
        self.here = client.getsockname(), address
        self.there = self.here[::-1]

    def now(self) -> tuple[TcpState | None, TcpState | None]:
        """The state of both ends in the kernel's table."""
        found = sock_diag.find(*self.here), sock_diag.find(*self.there)
        client, server = (e.state if e is not None else None for e in found)
        return client, server

    def wait(self, client: str | None, server: str | None) -> None:
        """Wait until both ends are so, or for as long as is sensible."""
        _wait(lambda: _names(self.now()) == (client, server))

    def moment(self, what: str) -> Moment:
        """What is seen now."""
        return Moment(*_names(self.now()), what)


def _names(
    states: tuple[TcpState | None, TcpState | None],
) -> tuple[str | None, str | None]:
    client, server = (None if s is None else s.name for s in states)
    return client, server


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)


def tell(family: int) -> Iterator[Moment]:
    """Live through the handshake and the three ways to end.

    Args:
        family: `pysock.AF_INET` or `AF_INET6`.

    Yields:
        moments, each read from the kernel when it is yielded. Takes two
        seconds: a dropped SYN is sent again after one.
    """
    with Loopback(family) as place:
        yield from _handshake_and_normal_end(place)
    with Loopback(family) as place:
        yield from _both_close_at_once(place)
    with Loopback(family) as place:
        yield from _reset(place)


def _handshake_and_normal_end(place: Loopback) -> Iterator[Moment]:
    listener = place.socket()
    listener.bind((place.host, 0))
    listener.listen(0)
    defer_accept(listener)
    address = listener.getsockname()
    client = place.socket()
    yield Moment(
        client.tcp_state().name,
        listener.tcp_state().name,
        "listen() makes the server's socket passive; the client has one too",
    )
    filler = place.client_of(listener)
    filler.send(b"into the queue")
    _wait(lambda: listener.listen_queue().length == 1)
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        client.connect(address)
    ends = _Ends(client, address)
    yield Moment(
        client.tcp_state().name,
        _LISTEN,
        "connect() sends the SYN; the accept queue is full, it is dropped",
    )
    listener.accept()[0].close()
    ends.wait("ESTABLISHED", "SYN_RECV")
    yield ends.moment(
        "accept() made room; the SYN came again, its SYN-ACK is back: for "
        "the client it is done, the server waits for the third segment"
    )
    client.setblocking(True)
    client.settimeout(PATIENCE)
    client.send(b"hello")
    ends.wait("ESTABLISHED", "ESTABLISHED")
    waiting = listener.listen_queue().length
    yield ends.moment(
        f"it came, with data; {waiting} waiting in the accept queue"
    )
    server, _ = listener.accept()
    with server:
        server.settimeout(PATIENCE)
        yield ends.moment("accept() gives the server a descriptor for it")
        yield from _normal_end(client, server, ends)


def _normal_end(
    client: pysock.socket, server: pysock.socket, ends: _Ends
) -> Iterator[Moment]:
    _fill(client)
    client.shutdown(pysock.SHUT_WR)
    ends.wait("FIN_WAIT1", "ESTABLISHED")
    yield ends.moment(
        "the client shuts its write half; the FIN waits behind data that "
        "the server does not read"
    )
    _drain(server)
    ends.wait("FIN_WAIT2", "CLOSE_WAIT")
    yield ends.moment(
        "the server has read to the end, and acknowledged the FIN"
    )
    server.send(b"one word more")
    client.recv(100)
    yield ends.moment("half closed: the server still writes, the client reads")
    _fill(server)
    server.close()
    ends.wait("FIN_WAIT2", "LAST_ACK")
    yield ends.moment(
        "the server closes; its FIN waits behind data that the client does "
        "not read; no process has that end any more"
    )
    _drain(client)
    ends.wait("TIME_WAIT", None)
    client.close()
    yield ends.moment(
        "the client has read to the end and acknowledged: the side that "
        "closed first keeps the addresses for a minute"
    )


def _both_close_at_once(place: Loopback) -> Iterator[Moment]:
    client, server = place.pair()
    ends = _Ends(client, client.getpeername())
    yield ends.moment("a second connection")
    for sock in (client, server):
        _fill(sock)
        sock.shutdown(pysock.SHUT_WR)
    ends.wait("FIN_WAIT1", "FIN_WAIT1")
    yield ends.moment("both ends close at once; both FINs wait behind data")
    _drain(client)
    ends.wait("CLOSING", "FIN_WAIT2")
    yield ends.moment(
        "the client has the server's FIN, and no answer to its own"
    )
    _drain(server)
    ends.wait("TIME_WAIT", "TIME_WAIT")
    yield ends.moment("both have both")


def _reset(place: Loopback) -> Iterator[Moment]:
    client, server = place.pair()
    ends = _Ends(client, client.getpeername())
    yield ends.moment("a third connection")
    client.abort()
    _wait(lambda: server.tcp_state().name == "CLOSE")
    yield Moment(
        _names(ends.now())[0],
        server.tcp_state().name,
        "the client resets it: nothing waits for anything",
    )


def _fill(sock: pysock.socket) -> None:
    """Write until the kernel takes no more."""
    timeout = sock.gettimeout()
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(bytes(65536))
    sock.settimeout(timeout)


def _drain(sock: pysock.socket) -> None:
    """Read to the end of what the peer sends."""
    while sock.recv(1 << 20):
        pass


def show(*, as_json: bool) -> int:
    """Print the life of a connection; 0."""
    moments = tell(pysock.AF_INET)
    if as_json:
        print_json(moment._asdict() for moment in moments)
        return 0
    table = Table(_TITLES, _WIDTHS)
    for moment in moments:
        table.add(*moment.cells())
    return 0
