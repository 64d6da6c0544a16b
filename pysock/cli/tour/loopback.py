"""Listeners, clients and pairs on this machine, for the scenarios."""

from __future__ import annotations

from contextlib import ExitStack

import pysock
from pysock.testing import Address, full_queue, refusing

# No wait of a scenario is longer than this, in seconds.
PATIENCE = 5.0

_TCP_USER_TIMEOUT = 18
_TCP_DEFER_ACCEPT = 9


class Loopback:
    """Sockets of one family on loopback; closed when the block ends.

    Attributes:
        family: `pysock.AF_INET` or `AF_INET6`.
        host: loopback's address.
    """

    def __init__(self, family: int) -> None:
        self.family = family
        self.is_ipv6: bool = family == pysock.AF_INET6
        self.host = "::1" if self.is_ipv6 else "127.0.0.1"
        self._open = ExitStack()

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def socket(self, timeout: float | None = PATIENCE) -> pysock.socket:
        """Make a TCP socket."""
        sock = pysock.socket(self.family, pysock.SOCK_STREAM)
        self._open.enter_context(sock)
        sock.settimeout(timeout)
        return sock

    def listener(self, backlog: int = 8) -> pysock.socket:
        """Make a listener on a free port."""
        sock = self.socket()
        sock.bind((self.host, 0))
        sock.listen(backlog)
        return sock

    def silent_port(self) -> Address:
        """Give an address that answers no SYN: its queue is full.

        Linux drops a SYN then, without a word. A socket filter would do the
        same, but on TCP it takes privileges (Linux 6.18).
        """
        return self._open.enter_context(full_queue(host=self.host))

    def silent_peer(self) -> pysock.socket:
        """Make a client whose connection nobody ever answers again.

        TCP_DEFER_ACCEPT leaves the server's half of the handshake open until
        data comes. When the accept queue is full by then, Linux drops that
        data, and all that is sent after it.
        """
        listener = self.listener(backlog=1)
        defer_accept(listener)
        client = self.client_of(listener)
        for _ in range(2):  # a backlog of 1 has room for two
            self.client_of(listener).send(b"into the queue")
        return client

    def closed_port(self) -> Address:
        """Give an address where nobody listens, nor can for now."""
        return self._open.enter_context(refusing(host=self.host))

    def client_of(self, listener: pysock.socket) -> pysock.socket:
        """Connect to a listener."""
        sock = self.socket()
        sock.connect(listener.getsockname())
        return sock

    def pair(self) -> tuple[pysock.socket, pysock.socket]:
        """Make a connection: its client, its server."""
        listener = self.listener()
        client = self.client_of(listener)
        server, _ = listener.accept()
        self._open.enter_context(server)
        server.settimeout(PATIENCE)
        return client, server


def defer_accept(listener: pysock.socket) -> None:
    """Let the server's half of each handshake wait for data."""
    listener.setsockopt(pysock.IPPROTO_TCP, _TCP_DEFER_ACCEPT, 30)


def give_up_after(sock: pysock.socket, milliseconds: int) -> None:
    """Tell the kernel how long to go on without an answer."""
    sock.setsockopt(pysock.IPPROTO_TCP, _TCP_USER_TIMEOUT, milliseconds)
