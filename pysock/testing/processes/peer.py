"""A server that fails as it is told."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sys

from pysock.testing.processes.control import Control
from pysock.testing.processes.loop import READ, Loop, Step
from pysock.testing.processes.relay import Relayed
from pysock.testing.processes.steps import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BACKLOG = 1024


class Server:
    """The listener, its connections, and what has been ordered."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.loop = Loop()
        self.connections: list[Connection] = []
        self.accepted: int = 0
        host = settings["host"]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # It never listens: it keeps the port while the listener is away.
        self.place = _reusable(family, (host, 0))
        self.address = self.place.getsockname()[:2]
        self.listener: socket.socket | None = None
        self.heal()

    def heal(self) -> None:
        """Take up, or go on with, ordinary service."""
        self.loop.stalled = False
        if self.listener is None:
            self.listener = _reusable(self.place.family, self.address)
            self.listener.listen(BACKLOG)
            self.listener.setblocking(False)
            self.loop.start(self.accept(self.listener))

    def stall(self) -> None:
        """Do nothing more; the kernel still takes what it has room for."""
        self.loop.stalled = True

    def reset(self) -> None:
        """Break off every connection with a RST."""
        self._end_all(reset=True)

    def close(self) -> None:
        """End every connection with a FIN."""
        self._end_all(reset=False)

    def _end_all(self, *, reset: bool) -> None:
        for connection in self.connections:
            connection.end(reset=reset)
        self.connections.clear()

    def refuse(self) -> None:
        """Break off every connection and take no new one."""
        if self.listener is not None:
            self.loop.forget(self.listener.fileno())
            self.listener.close()
            self.listener = None
        self.reset()

    def accept(self, listener: socket.socket) -> Step:
        """Start a script for each client."""
        make = Relayed if self.settings.get("upstream") else Connection
        times = self.settings["times"]
        while True:
            yield {listener.fileno(): READ}, None
            with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
                client, _ = listener.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.accepted += 1
                fails = times is None or self.accepted <= times
                script = self.settings["steps" if fails else "afterwards"]
                connection = make(self.loop, client, self.settings)
                self.connections = [
                    other for other in self.connections if not other.ended
                ]
                self.connections.append(connection)
                self.loop.start(connection.run(script))


def _reusable(family: int, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(address)
    return sock


def main() -> None:
    """Serve until the parent is gone.

    The arguments: a process, where it is to be there, and the parent.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    control = Control()
    try:
        settings = control.question()
        for pid in sys.argv[4:-1]:
            # ctypes, that is; most servers have no need of it.
            from pysock.testing.processes.enter import join

            join(pid)
        server = Server(settings)
    except OSError as error:
        control.refuse(error)
        os._exit(1)
    control.answer(server.address)
    while True:
        if server.loop.step(control.descriptors):
            order = control.question()
            getattr(server, order)()
            control.answer(None)
