"""Rows 1 and 2: connect gets no answer at all; the host is silent."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pysock.testing.network import NetworkAddress, network


def silent_host(*, version: int = 4) -> AbstractContextManager[NetworkAddress]:
    """Give the address of a host that answers nothing.

    ``heal()`` lets it answer: its server is in good health.

    Args:
        version: of IP, 4 or 6.

    Raises:
        Unavailable: on entering, as `network`.
    """
    return network(version=version, cut=True)
