"""Every TCP socket of the machine with its TCP_INFO, 20,000 of them."""

from __future__ import annotations

import ctypes
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

from pysock import sock_diag
from pysock.cli.bench import native, peers
from pysock.cli.bench.clients import Clients
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import (
    WALL,
    Measurement,
    Plan,
    Run,
    Sides,
    timed,
)

SOCKETS = 20_000
# Two sockets for each connection, of which the accepting end stays in its
# listener's queue: it is listed like any other, and needs no descriptor.
# Descriptors are limited for a process, and a queue by net.core.somaxconn.
_PER_CLIENT = 2000
_WITH_TCP_INFO = 1 << 1  # bit INET_DIAG_INFO - 1 of linux/inet_diag.h


def _by_pysock() -> None:
    for _ in sock_diag.sockets():
        pass


def _by_pysock_decoding() -> None:
    for entry in sock_diag.sockets():
        if entry.tcp_info is not None:
            entry.tcp_info.rtt_us  # noqa: B018


def _by_ss() -> None:
    subprocess.run(
        ["ss", "-tinaH"], stdout=subprocess.DEVNULL, check=True, timeout=120
    )


def _by_pyroute2() -> None:
    with peers.load("pyroute2").DiagSocket() as diag:
        diag.bind()
        for family in (socket.AF_INET, socket.AF_INET6):
            list(diag.get_sock_stats(family=family, extensions=_WITH_TCP_INFO))


def _count() -> int:
    """Count what is listed: other programs' sockets and TIME_WAIT too."""
    counted = 0
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        protocol, *words = line.split()
        if protocol == "TCP:":
            counts = dict(zip(words[::2], words[1::2], strict=True))
            counted += int(counts["inuse"]) + int(counts["tw"])
    return counted


def _floor(library: ctypes.CDLL) -> Run:
    def run() -> float:
        found = ctypes.c_int()
        taken = library.floor_sock_diag(ctypes.byref(found))
        return native.seconds_each(taken, 1, "sock_diag")

    return run


def _make_sockets(stack: ExitStack, connections: int) -> None:
    while connections > 0:
        count = min(connections, _PER_CLIENT)
        connections -= count
        listener = stack.enter_context(
            socket.create_server(("127.0.0.1", 0), backlog=4096)
        )
        clients = stack.enter_context(Clients())
        clients.open(listener.getsockname()[1], count)
        stack.callback(clients.reset)


def dump(plan: Plan) -> Measurement:
    """Measure one walk over all sockets, other programs' included."""
    sides = Sides()
    sides.add("pysock", lambda: timed(_by_pysock, 1, WALL))
    sides.add(
        "pysock, reading rtt_us", lambda: timed(_by_pysock_decoding, 1, WALL)
    )
    if shutil.which("ss"):
        sides.add("ss", lambda: timed(_by_ss, 1, WALL))
    else:
        sides.leave_out("ss", "ss (iproute2) is not installed")
    if peers.is_installed("pyroute2"):
        sides.add("pyroute2", lambda: timed(_by_pyroute2, 1, WALL))
    else:
        peers.leave_out(sides, "pyroute2")
    native.add_floor(sides, "C", _floor)
    with ExitStack() as stack:
        _make_sockets(stack, plan.count(SOCKETS) // 2)
        stack.enter_context(pinned())
        operation = f"list of {_count():,} sockets with TCP_INFO"
        return sides.measure(operation, plan, rounds=9, clock=WALL)
