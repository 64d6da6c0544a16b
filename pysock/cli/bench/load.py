"""The load: connections to a port of 127.0.0.1, bounded in count and time.

In C where there is a compiler. Without one in Python: slower, but the same
for every server, and its CPU is not counted.
"""

from __future__ import annotations

import ctypes
import socket
import time
from collections import deque

from pysock.cli.bench import native

_RESET_ON_CLOSE = b"\1\0\0\0\0\0\0\0"  # struct linger {1, 0}


class CLoad:
    """The load in C."""

    def __init__(self) -> None:
        self._library = native.library()
        self._kept: list[ctypes.Array[ctypes.c_int]] = []

    def open(self, port: int, count: int) -> None:
        """Open connections, and keep them."""
        fds = (ctypes.c_int * count)()
        native.checked(self._library.load_open(port, count, fds), "open")
        self._kept.append(fds)

    def reset(self) -> None:
        """Close them with a RST: that leaves no TIME_WAIT."""
        while self._kept:
            fds = self._kept.pop()
            self._library.load_reset(len(fds), fds)

    def accept_close(
        self, port: int, count: int, in_flight: int, seconds: int
    ) -> None:
        """Open connections that the server closes, so many at a time."""
        native.checked(
            self._library.load_accept_close(port, count, in_flight, seconds),
            "load",
        )


class PythonLoad:
    """The same in Python."""

    def __init__(self) -> None:
        self._kept: list[socket.socket] = []

    def open(self, port: int, count: int) -> None:
        """Open connections, and keep them."""
        for _ in range(count):
            self._kept.append(_connect(port))

    def reset(self) -> None:
        """Close them with a RST: that leaves no TIME_WAIT."""
        while self._kept:
            _reset(self._kept.pop())

    def accept_close(
        self, port: int, count: int, in_flight: int, seconds: int
    ) -> None:
        """Open connections that the server closes, so many at a time."""
        deadline = time.monotonic() + seconds
        waiting: deque[socket.socket] = deque()
        try:
            for _ in range(count):
                if len(waiting) == in_flight:
                    _await_fin(waiting[0], deadline)
                    _reset(waiting.popleft())
                waiting.append(_connect(port))
            for sock in waiting:
                _await_fin(sock, deadline)
        finally:
            for sock in waiting:
                _reset(sock)


def _connect(port: int) -> socket.socket:
    sock = socket.socket()
    try:
        sock.connect(("127.0.0.1", port))
    except BaseException:
        sock.close()
        raise
    return sock


def _await_fin(sock: socket.socket, deadline: float) -> None:
    sock.settimeout(max(deadline - time.monotonic(), 0.001))
    sock.recv(1)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    sock.close()


def best_load() -> CLoad | PythonLoad:
    """Give the load in C, or in Python where C cannot be built."""
    try:
        return CLoad()
    except native.NoCompilerError:
        return PythonLoad()
