"""Many connects at once: a table that C steps through.

Python keeps the loop around the steps, because between two C calls is where
it runs signal handlers.
"""

from __future__ import annotations

import _socket
import errno
import sys

from pysock.errors import deadline_error, error_for
from pysock.raw.calls import ffi, lib, to_tuple
from pysock.raw.evidence import (
    connect_failure,
    local_address_of,
    tcp_info_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.socket import socket
    from pysock.errors import SocketError
    from pysock.raw.calls import CData

    # Key, socket, error, started, elapsed; a plain tuple for its speed.
    Outcome = tuple[Any, socket | None, SocketError | None, float, float]

_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout

_NEW, _FREE = lib.PYSOCK_ATTEMPT_NEW, lib.PYSOCK_ATTEMPT_FREE
_OUT_OF_TIME = lib.PYSOCK_OUT_OF_TIME
_NS = 1_000_000_000
_NO_LIMIT = -1
_TABLE = ffi.typeof("struct pysock_attempt[]")
_OVER = ffi.typeof("int32_t[]")


class Attempts:
    """Connects that are under way, so many at most."""

    def __init__(self, size: int, timeout: float | None) -> None:
        """Make the table.

        Args:
            size: how many at once.
            timeout: seconds that each has; `None`: what the kernel gives it.
        """
        self._size = size
        self._timeout_ns = _NO_LIMIT
        if timeout is not None:
            self._timeout_ns = min(int(timeout * _NS), 2**62)
        self._table = ffi.new(_TABLE, size)
        self._over = ffi.new(_OVER, size)
        self._free = list(range(size - 1, -1, -1))
        # By place, what it was started with.
        self._sockets: list[socket | None] = [None] * size
        self._keys: list[Any] = [None] * size

    def __len__(self) -> int:
        return self._size - len(self._free)

    @property
    def has_room(self) -> bool:
        """Whether another one can be started."""
        return bool(self._free)

    def start(
        self, sock: socket, target: CData, address: Any, key: Any
    ) -> None:
        """Start a connect with the next step. The socket is ours from now.

        Args:
            sock: a TCP socket, with the timeout that it is to have.
            target: the address, as C has it.
            address: the same, as the audit hooks of Python get it.
            key: comes back with the outcome.
        """
        try:
            sys.audit("socket.connect", sock, address)
        except BaseException:
            sock.close()
            raise
        place = self._free.pop()
        self._sockets[place] = sock
        self._keys[place] = key
        entry = self._table[place]
        entry.to = target[0]
        entry.fd = _fileno(sock)
        entry.blocks = _gettimeout(sock) is None
        entry.state = _NEW

    def step(self, wait_ms: int = -1) -> list[Outcome]:
        """Wait until some are over, or the time is up, or a signal came.

        Args:
            wait_ms: milliseconds at most; -1: as long as it takes.

        Returns:
            for each that is over a tuple: the key, the connected socket or
            `None`, the exception (not raised) or `None`, when it started in
            seconds of `time.monotonic()`, how many seconds it took.
        """
        count = lib.pysock_connect_many(
            self._table, self._size, self._timeout_ns, wait_ms, self._over
        )
        if count == -errno.EINTR:
            return []
        if count < 0:
            raise error_for("connect", -count)
        # In one look several may be found over, in no order.
        return [
            self._outcome(place) for place in ffi.unpack(self._over, count)
        ]

    def give_up(self) -> None:
        """Let whatever is still under way time out with the next step."""
        self._timeout_ns = 0

    def close(self) -> None:
        """Close whatever is still under way."""
        for sock in self._sockets:
            if sock is not None:
                sock.close()

    def _outcome(self, place: int) -> Outcome:
        entry = self._table[place]
        entry.state = _FREE
        sock, self._sockets[place] = self._sockets[place], None
        key, self._keys[place] = self._keys[place], None
        self._free.append(place)
        started = entry.started_ns
        elapsed = (entry.ended_ns - started) / _NS
        if entry.error == 0:
            return key, sock, None, started / _NS, elapsed
        with sock:  # type: ignore[union-attr]
            error = _failure(entry, elapsed)
        return key, None, error, started / _NS, elapsed


def _failure(entry: CData, elapsed: float) -> SocketError:
    fd, address = entry.fd, to_tuple(entry.to)
    if entry.error != _OUT_OF_TIME:
        return connect_failure(
            fd,
            entry.error,
            address=address,
            at_once=bool(entry.at_once),
            elapsed=elapsed,
        )
    return deadline_error(
        "connect",
        elapsed=elapsed,
        address=address,
        local_address=local_address_of(fd),
        tcp_info=tcp_info_of(fd),
    )
