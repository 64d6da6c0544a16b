"""Row 3: connect meets a RST, for nobody listens on the port."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address
from pysock.testing.sockets import LOOPBACK, address_of, bound


@contextlib.contextmanager
def refusing(*, host: str = LOOPBACK) -> Iterator[Address]:
    """Give an address that refuses every connection.

    The port is bound, so that nobody else can listen on it meanwhile.

    Args:
        host: an IP address of this machine.

    Raises:
        OSError: the address is not this machine's (``EADDRNOTAVAIL``).
    """
    with bound(host) as sock:
        yield address_of(sock)
