"""Whom a connection is with, as a group that has room in a label."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

from pysock.explain.machine.survey import host_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.sock_diag import Entry

# Who comes in, comes from anywhere: a network of that many bits.
_BITS = {4: 24, 6: 64}


def peer_of(entry: Entry, listening: set[int]) -> tuple[str, str, str]:
    """Find the group of a connection.

    Args:
        entry: a connection.
        listening: the ports that its namespace listens on.

    Returns:
        `("out", port, host)` of one that this machine has made: the port is
        the service's. `("in", port, network)` of one to a listener: the
        port is ours, the network /24 (IPv6: /64).
    """
    port = entry.local_port
    if port in listening:
        return "in", str(port), _network(host_of(entry.remote))
    return "out", str(entry.remote_port), host_of(entry.remote)


@lru_cache(maxsize=10_000)
def _network(host: str) -> str:
    bits = _BITS[6 if ":" in host else 4]
    return str(ip_network(f"{host}/{bits}", strict=False))
