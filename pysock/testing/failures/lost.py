"""Rows 1, 2, 24 and 26: packets are lost, and some deadline passes."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pysock.testing.network import NetworkAddress, network


def lost(
    percent: float, *, version: int = 4
) -> AbstractContextManager[NetworkAddress]:
    """Give the address of a server behind a network that loses packets.

    Args:
        percent: of the packets, either way, by chance.
        version: of IP, 4 or 6.

    Raises:
        Unavailable: on entering, as `network`.
        ValueError: on entering: `percent` is not from 0 to 100.
    """
    return network(version=version, lost=percent)
