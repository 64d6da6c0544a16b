"""A connection of a peer: each step of a script is a method.

`pysock.testing.script` says what the steps do.
"""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
import time

from pysock.testing.processes.loop import (
    GONE,
    READ,
    WRITE,
    Loop,
    Step,
    receive,
    retried,
    send,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHUNK = 65536
RESTART = object()  # the script begins again

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_SIOCOUTQ = 0x5411
_LONGEST_DRAIN_S = 2.0
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)


class Connection:
    """A client, and the script for it.

    Attributes:
        ended: closed, by whatever.
        failure_resets: what breaks on this side breaks on the other.
    """

    failure_resets = False

    def __init__(
        self, loop: Loop, client: socket.socket, settings: dict[str, Any]
    ) -> None:
        self.client = client
        self.loop = loop
        self.settings = settings
        self.ended: bool = False
        self._answered = 0  # bytes of the answer under way

    def run(self, script: list[tuple[Any, ...]]) -> Step:
        """Play a script; close in order at its end."""
        try:
            yield from self.begin()
            at = 0
            while at < len(script):
                name, *arguments = script[at]
                at += 1
                step = getattr(self, f"do_{name}")
                if (yield from step(*arguments)) is RESTART:
                    at = 0
        except EOFError:
            pass
        except OSError as error:
            if error.errno in _OUT_OF_DESCRIPTORS:
                raise
            # The client went away, and that is its right.
            self.end(reset=self.failure_resets)
        self.end()
        return None

    def begin(self) -> Step:
        """Do what comes before the script: nothing, here."""
        yield from ()
        return None

    def sockets(self) -> list[socket.socket]:
        """Name what `end` closes."""
        return [self.client]

    def end(self, reset: bool = False) -> None:
        """Close, with a FIN or with a RST."""
        self.ended = True
        for sock in self.sockets():
            if sock.fileno() >= 0:
                if reset:
                    sock.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
                    )
                self.loop.forget(sock.fileno())
                sock.close()

    def do_read(self, count: int) -> Step:
        """Read so many bytes."""
        while count > 0:
            part = yield from receive(self.client, min(count, CHUNK))
            count -= len(part)
        return None

    def do_request(self) -> Step:
        """Read one request."""
        self._answered = 0
        data = yield from receive(self.client, CHUNK)
        if b" HTTP/1." not in data.partition(b"\n")[0]:
            return None
        while b"\r\n\r\n" not in data:
            data += yield from receive(self.client, CHUNK)
        head, _, body = data.partition(b"\r\n\r\n")
        yield from self.do_read(_content_length(head) - len(body))
        return None

    def do_head(self) -> Step:
        """Write the HTTP head of the answer."""
        yield from self.do_answer(head_length(self.settings["answer"]))
        return None

    def do_answer(self, count: int | None = None) -> Step:
        """Write a part of the answer, or the rest."""
        end = None if count is None else self._answered + count
        part = self.settings["answer"][self._answered : end]
        self._answered += len(part)
        yield from send(self.client, part)
        return None

    def do_slowly(self, bytes_per_second: float) -> Step:
        """Write the rest of the answer, so many bytes a second."""
        chunk = max(1, int(bytes_per_second / 20))
        while self._answered < len(self.settings["answer"]):
            yield from self.do_answer(chunk)
            yield {}, chunk / bytes_per_second
        return None

    def do_send(self, data: bytes) -> Step:
        """Write these bytes."""
        yield from send(self.client, data)
        return None

    def do_wait(self, seconds: float) -> Step:
        """Do nothing for a while."""
        yield {}, seconds
        return None

    def do_silence(self) -> Step:
        """Do nothing until the client has reset."""
        yield {self.client.fileno(): GONE}, None
        return None

    def do_drain(self) -> Step:
        """Read until the client closes."""
        while True:
            yield from receive(self.client, CHUNK)

    def do_reset(self) -> Step:
        """End with a RST."""
        # What was sent before it is to arrive before it.
        until = time.monotonic() + _LONGEST_DRAIN_S
        while _outstanding(self.client) and time.monotonic() < until:
            yield {}, 0.001
        self.end(reset=True)
        raise EOFError

    def do_close(self) -> Step:
        """End with a FIN, a RST behind it if something was not read."""
        yield from self.do_shutdown()
        raise EOFError

    def do_shutdown(self) -> Step:
        """Send a FIN and go on."""
        yield from ()
        self.client.shutdown(socket.SHUT_WR)
        return None

    def do_again(self) -> Step:
        """Begin at the first step again."""
        yield from ()
        return RESTART

    def do_again_within(self, seconds: float) -> Step:
        """Begin again if something comes in time."""
        if seconds <= 0:
            return None
        came = yield {self.client.fileno(): READ}, seconds
        return RESTART if came else None

    def do_tls(self) -> Step:
        """Shake hands; speak TLS from here on."""
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.settings["certificate"])
        if self.settings["old_version"]:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        wrapped = context.wrap_socket(
            self.client, server_side=True, do_handshake_on_connect=False
        )
        self.client = wrapped
        yield from retried(wrapped, READ | WRITE, wrapped.do_handshake)
        return None


def head_length(answer: bytes) -> int:
    """Give the length of an answer's HTTP head; 0 for what is not HTTP."""
    if not answer.startswith(b"HTTP/"):
        return 0
    return answer.find(b"\r\n\r\n") + 4


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        # What no number is, or a number that nobody sends, is no length.
        if name == b"content-length" and len(value) < 20:
            return int(value) if value.strip().isdigit() else 0
    return 0


def _outstanding(sock: socket.socket) -> int:
    """Bytes that were written and that the client has not acknowledged."""
    left = fcntl.ioctl(sock.fileno(), _SIOCOUTQ, bytes(4))
    return int(struct.unpack("i", left)[0])
