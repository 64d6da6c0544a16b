"""Rows 2 and 26: a deadline passes, for the network is slow."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pysock.testing.network import NetworkAddress, network


def delay(
    milliseconds: float, *, version: int = 4
) -> AbstractContextManager[NetworkAddress]:
    """Give the address of a server that is far away.

    Args:
        milliseconds: that each packet takes, either way: a connect takes
            twice as long, a first answer four times.
        version: of IP, 4 or 6.

    Raises:
        Unavailable: on entering, as `network`.
        ValueError: on entering: below 0, or more than an hour.
    """
    return network(version=version, delay=milliseconds / 1000)
