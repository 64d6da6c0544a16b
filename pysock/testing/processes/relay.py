"""A connection whose answers come from a real server."""

from __future__ import annotations

import contextlib
import errno
import os
import socket

from pysock.testing.processes.loop import (
    GONE,
    READ,
    WRITE,
    Step,
    receive,
    send,
)
from pysock.testing.processes.steps import CHUNK, Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Relayed(Connection):
    """A client, the server that it means, and this script between them."""

    failure_resets = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        host = self.settings["upstream"][0]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.upstream = socket.socket(family)
        self.upstream.setblocking(False)
        self._pumping = False

    def sockets(self) -> list[socket.socket]:
        """Name both."""
        return [self.client, self.upstream]

    def begin(self) -> Step:
        """Connect to the server."""
        number = self.upstream.connect_ex(self.settings["upstream"])
        if number == errno.EINPROGRESS:
            yield {self.upstream.fileno(): WRITE}, None
            number = self.upstream.getsockopt(
                socket.SOL_SOCKET, socket.SO_ERROR
            )
        if number:
            raise OSError(number, os.strerror(number))
        return None

    def do_request(self) -> Step:
        """Let the server speak until the client does."""
        client, upstream = self.client.fileno(), self.upstream.fileno()
        while not self._pumping:
            came = yield {client: READ, upstream: READ}, None
            if client in came:
                self._start_pump()
            else:
                data = yield from receive(self.upstream, CHUNK)
                yield from send(self.client, data)
        return None

    def do_head(self) -> Step:
        """Pass on what comes before the body of an HTTP answer."""
        self._start_pump()
        seen = b""
        while b"\r\n\r\n" not in seen and b"HTTP/".startswith(seen[:5]):
            # One by one: not a byte of the body.
            data = yield from receive(self.upstream, 1)
            yield from send(self.client, data)
            seen += data
        return None

    def do_answer(self, count: int | None = None) -> Step:
        """Pass on some bytes of the server's; all that it has for None."""
        self._start_pump()
        left = count
        while left is None or left > 0:
            limit = CHUNK if left is None else min(left, CHUNK)
            data = yield from receive(self.upstream, limit)
            yield from send(self.client, data)
            if left is not None:
                left -= len(data)
        return None

    def do_slowly(self, bytes_per_second: float) -> Step:
        """Pass on what the server says, so many bytes a second."""
        chunk = max(1, int(bytes_per_second / 20))
        while True:
            yield from self.do_answer(chunk)
            yield {}, chunk / bytes_per_second

    def do_relay(self) -> Step:
        """Pass on everything until both sides have closed."""
        try:
            yield from self.do_answer()
        except EOFError:
            self.client.shutdown(socket.SHUT_WR)
        yield {self.client.fileno(): GONE}, None
        return None

    def _start_pump(self) -> None:
        if not self._pumping:
            self._pumping = True
            self.loop.start(self._pump())

    def _pump(self) -> Step:
        """Pass on what the client says, and that it has ended."""
        try:
            while True:
                data = yield from receive(self.client, CHUNK)
                yield from send(self.upstream, data)
        except EOFError:
            with contextlib.suppress(OSError):
                self.upstream.shutdown(socket.SHUT_WR)
        except OSError:
            self.end(reset=True)
        return None
