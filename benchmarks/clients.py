"""The far end of a benchmark: a process of its own that opens connections.

What it does is never inside a timed part, or is the same for every side.
Commands come on standard input, one line each; each is answered by a line.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time

from benchmarks import native, pinning


class Clients:
    """A client process, as the measuring process sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.clients"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *unused: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout
        self._process.stdout.close()

    def open(self, port: int, count: int) -> None:
        """Open connections to a port of 127.0.0.1, and keep them."""
        self._ask(f"open {port} {count}")

    def reset(self) -> None:
        """Close all of them with a RST, so that no TIME_WAIT is left."""
        self._ask("reset")

    def start_load(self, port: int, count: int) -> None:
        """Open connections that the server is to close, without waiting."""
        self._send(f"load {port} {count}")

    def finish(self) -> None:
        """Wait for the answer to `start_load`."""
        self._receive()

    def _ask(self, command: str) -> None:
        self._send(command)
        self._receive()

    def _send(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def _receive(self) -> None:
        assert self._process.stdout
        answer = self._process.stdout.readline()
        if answer != "ok\n":
            raise RuntimeError(f"the client process said {answer!r}")


IN_FLIGHT = 128
LOAD_SECONDS = 60


def _serve_commands() -> None:
    pinning.pin(pinning.CLIENT)
    library = native.library()
    kept: list[ctypes.Array[ctypes.c_int]] = []
    for line in sys.stdin:
        name, *rest = line.split()
        numbers = [int(word) for word in rest]
        if name == "open":
            port, count = numbers
            fds = (ctypes.c_int * count)()
            native.checked(library.load_open(port, count, fds), line)
            kept.append(fds)
        elif name == "reset":
            while kept:
                fds = kept.pop()
                library.load_reset(len(fds), fds)
        elif name == "load":
            port, count = numbers
            native.checked(
                library.load_accept_close(
                    port, count, min(IN_FLIGHT, count), LOAD_SECONDS
                ),
                line,
            )
        print("ok", flush=True)


def wait_for_queue(length_of: object, count: int) -> None:
    """Wait until a listener's queue holds count connections."""
    deadline = time.monotonic() + 10
    while length_of() < count:  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError(f"fewer than {count} connections came")


if __name__ == "__main__":
    _serve_commands()
