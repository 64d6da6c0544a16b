"""Of this machine as a whole: which addresses are its own, which ports."""

from __future__ import annotations

from pysock.raw.routes import is_local
from pysock.sock_diag.filter import endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_ours(address: Any) -> bool:
    """Whether an address is one of this machine, as far as can be told.

    Asked of the routing table: that an address can be bound proves nothing
    (net.ipv4.ip_nonlocal_bind).
    """
    try:
        end = endpoint(tuple(address))
    except (TypeError, ValueError):
        return False
    if end.port is None:
        return False
    return is_local(tuple(address)) is True


def port_range() -> tuple[int, int]:
    """The first and the last port that the kernel gives out by itself."""
    path = "/proc/sys/net/ipv4/ip_local_port_range"
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        first, last = map(int, file.read().split())
    return first, last
