"""accept: draining a queue of connections that are there already."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from collections.abc import Callable
from itertools import repeat
from typing import Any

import pysock
from benchmarks import native, pinning
from benchmarks.clients import Clients, wait_for_queue
from benchmarks.harness import Measurement, Plan, Run, interleave, timed

# Stays below net.core.somaxconn, whose default is 4096.
QUEUED = 512
BATCH = 64
NOT_THERE = "not there yet"

Drain = Callable[[Any, int, list[Any]], object]


def by_accept(listener: Any, count: int, kept: list[Any]) -> None:
    accept, keep = listener.accept, kept.append
    for _ in repeat(None, count):
        keep(accept())


def by_accept_many(listener: Any, count: int, kept: list[Any]) -> None:
    accept_many = listener.accept_many
    while len(kept) < count:
        kept += accept_many(BATCH)


def _new_listener(module: Any, timeout: float | None = None) -> Any:
    listener = module.create_server(("127.0.0.1", 0), backlog=4096)
    listener.settimeout(timeout)
    return listener


def _queue_length(listener: socket.socket) -> int:
    reading = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
    return int.from_bytes(reading[24:28], "little")


def _fill(clients: Clients, listener: Any, count: int) -> None:
    clients.open(listener.getsockname()[1], count)
    wait_for_queue(lambda: _queue_length(listener), count)


def _python_side(
    clients: Clients, listener: Any, count: int, drain: Drain
) -> Run:
    def run() -> float:
        kept: list[Any] = []
        _fill(clients, listener, count)
        seconds = timed(lambda: drain(listener, count, kept), count)
        clients.reset()
        for sock, _ in kept:
            sock.close()
        return seconds

    return run


def _floor_side(
    clients: Clients, listener: Any, count: int, timeout_ms: int
) -> Run:
    library = native.library()

    def run() -> float:
        fds = (ctypes.c_int * count)()
        _fill(clients, listener, count)
        taken = native.checked(
            library.floor_accept(listener.fileno(), count, timeout_ms, fds),
            "accept",
        )
        clients.reset()
        for fd in fds:
            os.close(fd)
        return taken / 1e9 / count

    return run


def _drain(
    plan: Plan,
    *,
    floor: str | None,
    timeout: float | None,
    count: int,
    rounds: int,
) -> Measurement:
    missing = {}
    with (
        Clients() as clients,
        _new_listener(pysock, timeout) as ours,
        _new_listener(socket, timeout) as theirs,
        _new_listener(socket) as bare,
    ):
        sides = {
            "pysock accept": _python_side(clients, ours, count, by_accept),
            "socket accept": _python_side(clients, theirs, count, by_accept),
        }
        if hasattr(pysock.socket, "accept_many"):
            sides["pysock accept_many"] = _python_side(
                clients, ours, count, by_accept_many
            )
        else:
            missing["pysock accept_many"] = NOT_THERE
        if floor:
            timeout_ms = -1 if timeout is None else int(timeout * 1000)
            sides[floor] = _floor_side(clients, bare, count, timeout_ms)
        return interleave(sides, plan.repeat(rounds), missing=missing)


def drain(plan: Plan) -> Measurement:
    """Seconds for one connection, blocking listener."""
    pinning.pin(pinning.MEASURED)
    return _drain(
        plan,
        floor="C accept4",
        timeout=None,
        count=plan.count(QUEUED),
        rounds=60,
    )


def drain_with_timeout(plan: Plan) -> Measurement:
    """Seconds for one connection, listener with a timeout."""
    pinning.pin(pinning.MEASURED)
    return _drain(
        plan,
        floor="C poll accept4",
        timeout=5.0,
        count=plan.count(QUEUED),
        rounds=60,
    )


def drain_while_busy(plan: Plan) -> Measurement:
    """Seconds for one connection, while another thread holds the GIL.

    Not pinned: with two threads on one CPU the scheduler's turns would be
    measured as well.
    """
    pinning.unpin()
    stop = threading.Event()

    def be_busy() -> None:
        number = 0
        while not stop.is_set():
            for number in range(1000):
                number *= 2

    busy = threading.Thread(target=be_busy, daemon=True)
    busy.start()
    try:
        # One batch: its GIL hand-over is what is compared with one for each.
        return _drain(plan, floor=None, timeout=None, count=BATCH, rounds=9)
    finally:
        stop.set()
        busy.join()
