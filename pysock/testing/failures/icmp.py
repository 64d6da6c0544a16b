"""Rows 4 to 7: a router answers connect's SYN with an ICMP message."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pysock.testing.network import NetworkAddress, network


def icmp(
    kind: int = 3, code: int = 1, *, version: int = 4
) -> AbstractContextManager[NetworkAddress]:
    """Give the address of a host that a router says cannot be reached.

    It says so to every TCP segment. ``heal()`` lets them through.

    Args:
        kind: the type of the message: 3 is "destination unreachable" in
            IPv4, 1 in IPv6.
        code: its code; with type 3 of IPv4: 0 net, 1 host, 3 port
            unreachable, 13 administratively prohibited.
        version: of IP, 4 or 6.

    Raises:
        Unavailable: on entering, as `network`.
        ValueError: on entering: `kind` or `code` is not from 0 to 255.
    """
    return network(version=version, icmp=(kind, code))
