"""Row 21: a kept connection is dead when it is used for the next request."""

from __future__ import annotations

from pysock.testing.scripted import ANSWER, Scripted, Step
from pysock.testing.sockets import LOOPBACK


def stale_keepalive(
    idle: float = 0.0, *, host: str = LOOPBACK, answer: bytes = ANSWER
) -> Scripted:
    """Give the address of a server that forgets connections that lie unused.

    A first request is answered, and the connection kept. A request that
    comes later than `idle` on it is answered with a RST, as by a load
    balancer or a NAT that has dropped its state: nothing told the client.
    New connections are answered.

    Args:
        idle: seconds for which a connection may lie unused; 0: the second
            request on any connection meets the RST, however soon.
        host: an IP address of this machine.
        answer: what it answers; HTTP with 16,384 bytes unless given.

    Raises:
        ValueError: `idle` is below 0.
    """
    steps: list[Step] = [
        "request",
        "answer",
        ("again_within", idle),
        "request",
        "reset",
    ]
    return Scripted(steps, host=host, answer=answer)
