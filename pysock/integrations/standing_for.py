"""A socket of the standard class for one that another library holds."""

from __future__ import annotations

import _socket
import os
from contextlib import contextmanager

from pysock.integrations import noting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@contextmanager
def standing_for(transport: Any) -> Iterator[Any]:
    """Give the socket under a transport, to be asked after a failure.

    Of asyncio's own it is the socket itself; uvloop has a descriptor only,
    so that is duplicated for the while.

    Args:
        transport: one whose descriptor is open, or asyncio's own: its
            socket knows when it is closed.

    Gives `None` where there is none.
    """
    found = transport.get_extra_info("socket")
    sock = noting.real_socket(found)
    if noting.is_standard(sock):
        yield sock
        return
    try:
        fd = os.dup(found.fileno())
    except (AttributeError, OSError, TypeError, ValueError):
        yield None
        return
    made = _socket.socket(fileno=fd)
    try:
        yield made
    finally:
        made.close()


def is_ip(host: Any) -> bool:
    """Whether a host is an address and no name."""
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, host)
        except (OSError, TypeError, ValueError):
            continue
        return True
    return False
