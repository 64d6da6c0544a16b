"""Row 26: a read's timeout, for the answer stops half-way."""

from __future__ import annotations

from pysock.testing.scripted import ANSWER, Scripted, at_point
from pysock.testing.sockets import LOOPBACK


def half_answer(
    count: int = 2048,
    *,
    host: str = LOOPBACK,
    answer: bytes = ANSWER,
    times: int | None = None,
) -> Scripted:
    """Give the address of a server that stops within its answer.

    The connection stays: `closing` and `resetting` end it there.

    Args:
        count: bytes of the answer's body that come.
        host: an IP address of this machine.
        answer: what it answers; HTTP with 16,384 bytes unless given. Of
            bytes that are not HTTP, all count as body.
        times: how many connections fail so, before the others are answered;
            ``None`` for all.

    Raises:
        ValueError: `count` is below 0.
    """
    steps = [*at_point("body", count), "silence"]
    return Scripted(steps, host=host, answer=answer, times=times)
