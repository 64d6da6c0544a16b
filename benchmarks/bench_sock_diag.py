"""Every TCP socket of the machine with its TCP_INFO, 20,000 of them."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import socket
import subprocess
from contextlib import ExitStack

import pysock
from benchmarks import native, pinning
from benchmarks.bench_accept import NOT_THERE
from benchmarks.clients import Clients
from benchmarks.harness import Measurement, Plan, Run, interleave, timed

SOCKETS = 20_000
# Two sockets for each connection. Descriptors are limited per process, and a
# listener keeps at most somaxconn connections that nobody has accepted:
# queued ones are listed like any others.
PER_CLIENT = 2000
WITH_TCP_INFO = 1 << 1  # bit INET_DIAG_INFO - 1 of linux/inet_diag.h


def _by_ss() -> None:
    subprocess.run(
        ["ss", "-tinaH"],
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=120,
    )


def _by_pysock() -> None:
    for entry in pysock.sock_diag.sockets():
        entry.tcp_info  # noqa: B018


def _by_pyroute2() -> None:
    from pyroute2 import DiagSocket

    with DiagSocket() as diag:
        diag.bind()
        for family in (socket.AF_INET, socket.AF_INET6):
            list(diag.get_sock_stats(family=family, extensions=WITH_TCP_INFO))


def dump(plan: Plan) -> Measurement:
    """Seconds for one walk over all sockets."""
    pinning.pin(pinning.MEASURED)
    library = native.library()
    missing = {}

    def floor() -> float:
        found = ctypes.c_int()
        taken = library.floor_sock_diag(ctypes.byref(found))
        return native.checked(taken, "sock_diag") / 1e9

    sides: dict[str, Run] = {"C dump": floor}
    if hasattr(pysock, "sock_diag"):
        sides["pysock"] = lambda: timed(_by_pysock, 1)
    else:
        missing["pysock"] = NOT_THERE
    if shutil.which("ss"):
        sides["ss"] = lambda: timed(_by_ss, 1)
    else:
        missing["ss"] = "ss (iproute2) is not installed"
    if importlib.util.find_spec("pyroute2"):
        sides["pyroute2"] = lambda: timed(_by_pyroute2, 1)
    else:
        missing["pyroute2"] = "pyroute2 is not installed"
    connections = plan.count(SOCKETS) // 2
    with ExitStack() as stack:
        while connections > 0:
            count = min(connections, PER_CLIENT)
            connections -= count
            listener = stack.enter_context(
                socket.create_server(("127.0.0.1", 0), backlog=4096)
            )
            clients = stack.enter_context(Clients())
            clients.open(listener.getsockname()[1], count)
            stack.callback(clients.reset)
        return interleave(sides, plan.repeat(5), missing=missing)
