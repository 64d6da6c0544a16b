"""Row 35: the server speaks no TLS, it answers a ClientHello in plain text."""

from __future__ import annotations

from pysock.testing.scripted import Scripted
from pysock.testing.sockets import LOOPBACK

_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)


def plain_text_on_tls(*, host: str = LOOPBACK) -> Scripted:
    """Give the address of a plain HTTP server; its URL says https.

    Args:
        host: an IP address of this machine.
    """
    steps = ["request", "answer", "close"]
    return Scripted(steps, host=host, answer=_ANSWER, scheme="https")
