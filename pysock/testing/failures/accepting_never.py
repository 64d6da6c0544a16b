"""Row 26: a read's timeout, for the server's program never accepts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address
from pysock.testing.sockets import LOOPBACK, address_of, listening

_BACKLOG = 1024


@contextlib.contextmanager
def accepting_never(*, host: str = LOOPBACK) -> Iterator[Address]:
    """Give the address of a listener that nobody accepts from.

    Clients connect, for the kernel does that, and may write what its buffers
    hold. An answer never comes.

    Args:
        host: an IP address of this machine.

    Raises:
        OSError: the address is not this machine's (``EADDRNOTAVAIL``).
    """
    with listening(host, _BACKLOG) as listener:
        yield address_of(listener)
