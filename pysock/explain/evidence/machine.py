"""Of this machine as a whole: which addresses are its own, which ports."""

from __future__ import annotations

import _socket
from contextlib import closing

from pysock.errors.handlers import from_handler
from pysock.sock_diag.filter import endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case


def is_ours(address: Any) -> bool:
    """Whether an address is one of this machine, as far as can be told."""
    try:
        end = endpoint(tuple(address))
        if end.port is None:
            return False
        host = address[0]
        if host.startswith("127.") or host == "::1":
            return True
        with closing(_socket.socket(end.family)) as probe:
            probe.bind((host, 0, *address[2:]))
        return True
    except (OSError, TypeError, ValueError, OverflowError) as problem:
        if from_handler(problem):
            raise
        return False


def port_range() -> tuple[int, int]:
    """The first and the last port that the kernel gives out by itself."""
    path = "/proc/sys/net/ipv4/ip_local_port_range"
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        first, last = map(int, file.read().split())
    return first, last


def first_unprivileged(_: Case) -> int:
    """The least port that a bind needs no capability for."""
    path = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        return int(file.read())
