"""Row 21: the peer breaks off with a RST, at a point of the exchange."""

from __future__ import annotations

from pysock.testing.scripted import ANSWER, Scripted, at_point
from pysock.testing.sockets import LOOPBACK


def resetting(
    when: str = "request",
    after: int = 0,
    *,
    host: str = LOOPBACK,
    answer: bytes = ANSWER,
    times: int | None = None,
) -> Scripted:
    """Give the address of a server that resets its connections.

    Args:
        when: ``"accept"``: as soon as one is there, and the client may meet
            it in connect (row 3a) or at its first read or write;
            ``"request"``: once a request was read; ``"body"``: within the
            answer.
        after: bytes of the answer's body before the RST, for ``"body"``.
        host: an IP address of this machine.
        answer: what it answers; HTTP with 16,384 bytes unless given. Of
            bytes that are not HTTP, all count as body.
        times: how many connections fail so, before the others are answered;
            ``None`` for all.

    Raises:
        ValueError: `when` is none of the three, or `after` below 0.
    """
    steps = [*at_point(when, after), "reset"]
    return Scripted(steps, host=host, answer=answer, times=times)
