"""Sockets of the interpreter's own C class, whoever has replaced `socket`.

A failure that is brought about in the test's process must not be seen by
what the test replaced or wrapped: gevent, pytest-socket, pysock itself.
"""

from __future__ import annotations

import _socket
import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address

# Where a manager listens unless it is told otherwise.
LOOPBACK = "127.0.0.1"


def family_of(host: str) -> int:
    """Give the address family of an IP address."""
    return _socket.AF_INET6 if ":" in host else _socket.AF_INET


@contextlib.contextmanager
def opened(family: int) -> Iterator[_socket.socket]:
    """Give a new TCP socket that blocks; close it afterwards."""
    sock = _socket.socket(family, _socket.SOCK_STREAM)
    try:
        sock.settimeout(None)  # whatever the default timeout of the program
        yield sock
    finally:
        sock.close()


@contextlib.contextmanager
def bound(host: str) -> Iterator[_socket.socket]:
    """Give a socket bound to a free port, and close it afterwards."""
    with opened(family_of(host)) as sock:
        sock.bind((host, 0))
        yield sock


@contextlib.contextmanager
def listening(
    host: str, backlog: int, receive_buffer: int | None = None
) -> Iterator[_socket.socket]:
    """Give a listener that nobody accepts from; close it afterwards.

    Args:
        host: the IP address to listen on.
        backlog: how many connections may wait, less one.
        receive_buffer: bytes that each connection takes, about; ``None`` for
            the kernel's choice.
    """
    with bound(host) as listener:
        if receive_buffer is not None:
            listener.setsockopt(
                _socket.SOL_SOCKET, _socket.SO_RCVBUF, receive_buffer
            )
        listener.listen(backlog)
        yield listener


def address_of(sock: _socket.socket) -> Address:
    """Give the address that a socket is bound to."""
    host, port = sock.getsockname()[:2]
    return Address(host, port)
