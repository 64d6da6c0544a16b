"""Row 12: connect finds no ephemeral port that is free."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pysock.testing.network import NetworkAddress, network


@contextlib.contextmanager
def ports_used_up(*, version: int = 4) -> Iterator[NetworkAddress]:
    """Give the address of a server to which every port is connected already.

    In a network of its own. On the machine itself it would take every port
    of 127.0.0.1, whatever loopback address the server had, and ``bind`` to
    port 0 there, or on all addresses, would fail in every other program.

    Args:
        version: of IP, 4 or 6.

    Raises:
        Unavailable: on entering, as `network`.
    """
    with network(version=version) as address:
        address.use_up_ports()
        yield address
