"""The far end of a benchmark: a process of its own that opens connections.

What it does is never inside a timed part, or is the same for every side.
"""

from __future__ import annotations

import os
import signal
import sys

from pysock.cli.bench import pinning
from pysock.cli.bench.child import LONGEST, Child
from pysock.cli.bench.load import best_load

IN_FLIGHT = 128
_LOAD_SECONDS = 60


class Clients:
    """The client process, as the measuring one sees it."""

    def __init__(self) -> None:
        self._child = Child("clients")

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *unused: object) -> None:
        self._child.close()

    def open(self, port: int, count: int) -> None:
        """Open connections to a port of 127.0.0.1, and keep them."""
        self._child.send(f"open {port} {count}")
        self._child.receive()

    def reset(self) -> None:
        """Close all of them with a RST, so that no TIME_WAIT is left."""
        self._child.send("reset")
        self._child.receive()

    def start_load(self, port: int, count: int) -> None:
        """Open connections that the server is to close, without waiting."""
        self._child.send(f"load {port} {count}")

    def finish(self) -> None:
        """Wait until the load is over."""
        self._child.receive()


def main() -> None:
    """Do what standard input says, line by line."""
    load = best_load()
    os.sched_setaffinity(0, {pinning.cpu(pinning.CLIENT)})
    for line in sys.stdin:
        signal.alarm(LONGEST)
        command, *rest = line.split()
        numbers = [int(word) for word in rest]
        if command == "open":
            load.open(*numbers)
        elif command == "reset":
            load.reset()
        else:
            port, count = numbers
            in_flight = min(IN_FLIGHT, count)
            load.accept_close(port, count, in_flight, _LOAD_SECONDS)
        signal.alarm(0)
        print("done", flush=True)
