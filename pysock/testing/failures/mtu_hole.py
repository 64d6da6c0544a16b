"""Rows 24 and 26: connect works, and large packets vanish on the way."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pysock.testing.network import NetworkAddress, network


def mtu_hole(
    limit: int = 1280, *, version: int = 4
) -> AbstractContextManager[NetworkAddress]:
    """Give the address of a server behind a path that swallows packets.

    Somewhere a link has a smaller MTU and the ICMP message that should say
    so is filtered: small packets pass, a long answer never comes.

    Args:
        limit: bytes of the longest IP packet that passes.
        version: of IP, 4 or 6.

    Raises:
        Unavailable: on entering, as `network`.
        ValueError: on entering: `limit` is below 0.
    """
    return network(version=version, hole=limit)
