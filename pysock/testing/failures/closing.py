"""Row 20: the peer closes in order, with a FIN, before it has answered."""

from __future__ import annotations

from pysock.testing.scripted import ANSWER, Scripted, at_point
from pysock.testing.sockets import LOOPBACK


def closing(
    when: str = "request",
    after: int = 0,
    *,
    host: str = LOOPBACK,
    answer: bytes = ANSWER,
    times: int | None = None,
) -> Scripted:
    """Give the address of a server that closes its connections too early.

    A client that writes after the FIN of ``"accept"`` meets row 22 as well:
    a RST, and then a broken pipe.

    Args:
        when: ``"accept"``: as soon as one is there; ``"request"``: once a
            request was read; ``"body"``: within the answer.
        after: bytes of the answer's body before the FIN, for ``"body"``.
        host: an IP address of this machine.
        answer: what it answers; HTTP with 16,384 bytes unless given. Of
            bytes that are not HTTP, all count as body.
        times: how many connections fail so, before the others are answered;
            ``None`` for all.

    Raises:
        ValueError: `when` is none of the three, or `after` below 0.
    """
    steps = [*at_point(when, after), "close"]
    return Scripted(steps, host=host, answer=answer, times=times)
