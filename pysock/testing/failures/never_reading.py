"""Row 26: a write's timeout, for the peer reads nothing: a closed window."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address
from pysock.testing.sockets import LOOPBACK, address_of, listening

_BACKLOG = 1024
# The least that the kernel grants: the window closes after some 2 kB.
_RECEIVE_BUFFER = 1


@contextlib.contextmanager
def never_reading(*, host: str = LOOPBACK) -> Iterator[Address]:
    """Give the address of a peer that reads nothing of what it is sent.

    Its window closes after some kilobytes. What the client's own send buffer
    takes comes on top, megabytes perhaps, before its write blocks.

    Args:
        host: an IP address of this machine.

    Raises:
        OSError: the address is not this machine's (``EADDRNOTAVAIL``).
    """
    with listening(host, _BACKLOG, _RECEIVE_BUFFER) as listener:
        yield address_of(listener)
