"""Listeners, clients and pairs on this machine, for the scenarios."""

from __future__ import annotations

import ctypes
import struct
from contextlib import ExitStack

import pysock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# No wait of a scenario is longer than this, in seconds.
PATIENCE = 5.0

_SO_ATTACH_FILTER = 26
_TCP_USER_TIMEOUT = 18
_BPF_RETURN = 0x06


class Loopback:
    """Sockets of one family on loopback; closed when the block ends.

    Attributes:
        family: `pysock.AF_INET` or `AF_INET6`.
        host: loopback's address.
    """

    def __init__(self, family: int) -> None:
        self.family = family
        self.is_ipv6 = family == pysock.AF_INET6
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

    def closed_port(self) -> Any:
        """Give an address where nobody listens, nor can for now."""
        holder = self.socket()
        holder.bind((self.host, 0))
        return holder.getsockname()

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


def fall_silent(sock: pysock.socket) -> None:
    """Make a socket drop every segment that comes, as a dead host would.

    A socket filter (classic BPF) of one instruction, "keep 0 bytes": the
    segment is gone before TCP sees it, so there is no ACK and no RST. It
    needs no privilege and touches this socket only.
    """
    program = ctypes.create_string_buffer(
        struct.pack("=HBBI", _BPF_RETURN, 0, 0, 0)
    )
    sock.setsockopt(
        pysock.SOL_SOCKET,
        _SO_ATTACH_FILTER,
        struct.pack("@HP", 1, ctypes.addressof(program)),
    )


def give_up_after(sock: pysock.socket, milliseconds: int) -> None:
    """Tell the kernel how long to go on without an answer."""
    sock.setsockopt(pysock.IPPROTO_TCP, _TCP_USER_TIMEOUT, milliseconds)
