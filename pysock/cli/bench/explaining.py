"""What an explanation costs on a machine that is full.

30,000 sockets of one port, 40 listeners that share it, 2,000 processes: each
of these failures has something to count there.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from errno import EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED

from pysock import errors
from pysock.cli.bench.clients import Clients
from pysock.cli.bench.rounds import Measurement, Plan, Sides
from pysock.explain.repeats import REPEATS
from pysock.explain.telling import tell

SOCKETS = 30_000
LISTENERS = 40
PROCESSES = 2_000
# Descriptors are limited for a process.
_PER_CLIENT = 1500

DEAREST = "the dearest of them"


def crowded(plan: Plan) -> Measurement:
    """Measure explanations, each as if it were the first."""
    with ExitStack() as stack:
        port = _fill(stack, plan)
        failures = _failures(port)
        sides = Sides()
        for name, error in failures.items():
            sides.add(name, lambda error=error: _seconds(error))  # type: ignore[misc]
        sides.add(DEAREST, lambda: max(map(_seconds, failures.values())))
        return sides.measure("explanation", plan, rounds=9)


def _failures(port: int) -> dict[str, errors.SocketError]:
    there = ("127.0.0.1", port)
    refused = errors.error_for(
        "connect",
        ECONNREFUSED,
        address=("127.0.0.2", port),
        origin=errors.Origin("peer"),
    )
    return {
        "address in use": errors.error_for("bind", EADDRINUSE, address=there),
        "refused": refused,
        "no answer": errors.deadline_error("connect", address=there),
        "no port left": errors.error_for(
            "connect",
            EADDRNOTAVAIL,
            address=there,
            origin=errors.Origin("limit"),
        ),
    }


def _seconds(error: errors.SocketError) -> float:
    """CPU of this thread, the kernel's work for it included."""
    REPEATS.clear()
    before = time.thread_time()
    tell(error)
    return time.thread_time() - before


def _fill(stack: ExitStack, plan: Plan) -> int:
    """Make the crowd; the port that all its sockets have."""
    first = _listener(stack, 0)
    port: int = first.getsockname()[1]
    for _ in range(LISTENERS - 1):
        _listener(stack, port)
    left = plan.count(SOCKETS) // 2  # an accepted one waits in its queue
    while left > 0:
        count = min(left, _PER_CLIENT)
        left -= count
        clients = stack.enter_context(Clients())
        clients.open(port, count)
        stack.callback(clients.reset)
    count = plan.count(PROCESSES)
    sleepers = subprocess.Popen(
        ["sh", "-c", f"for i in $(seq {count}); do sleep 900 & done; wait"],
        start_new_session=True,
    )
    stack.callback(_end, sleepers)
    _wait_for_processes(sleepers.pid, count)
    return port


def _listener(stack: ExitStack, port: int) -> socket.socket:
    sock = stack.enter_context(socket.socket())
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(4096)
    return sock


def _wait_for_processes(parent: int, count: int) -> None:
    """Wait until a shell has started that many, a minute at most."""
    deadline = time.monotonic() + 60
    path = f"/proc/{parent}/task/{parent}/children"
    while time.monotonic() < deadline:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            if len(file.read().split()) >= count:
                return


def _end(sleepers: subprocess.Popen[bytes]) -> None:
    os.killpg(sleepers.pid, signal.SIGTERM)
    sleepers.wait()
