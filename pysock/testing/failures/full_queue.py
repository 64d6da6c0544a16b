"""Row 15: connect gets no answer, for the listener's accept queue is full."""

from __future__ import annotations

import _socket
import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address
from pysock.testing.sockets import (
    LOOPBACK,
    address_of,
    family_of,
    listening,
    opened,
)

_TCP_INFO = 11
# Of a listener, tcpi_unacked is the length of its queue.
_UNACKED = slice(24, 28)
_MOST_TRIES = 10_000


@contextlib.contextmanager
def full_queue(*, host: str = LOOPBACK) -> Iterator[Address]:
    """Give the address of a listener whose queue has no place left.

    The kernel drops each SYN, and the client sends it again after 1 s, 3 s
    and so on until its timeout.

    Args:
        host: an IP address of this machine.

    Raises:
        OSError: the address is not this machine's (``EADDRNOTAVAIL``).
    """
    with listening(host, backlog=0) as listener:
        address = listener.getsockname()
        with opened(family_of(host)) as filler:
            filler.connect(address)
            # The last segment of that handshake is handled on this CPU
            # before connect returns, as a rule.
            for _ in range(_MOST_TRIES):
                info = listener.getsockopt(_socket.IPPROTO_TCP, _TCP_INFO, 28)
                if any(info[_UNACKED]):
                    break
            else:
                raise TimeoutError("the queue of a listener does not fill")
            yield address_of(listener)
