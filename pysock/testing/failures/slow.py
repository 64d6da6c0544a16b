"""Row 26: a deadline passes, for the answer comes in drops."""

from __future__ import annotations

from pysock.testing.scripted import ANSWER, Scripted, Step
from pysock.testing.sockets import LOOPBACK


def slow(
    bytes_per_second: float,
    *,
    host: str = LOOPBACK,
    answer: bytes = ANSWER,
    times: int | None = None,
) -> Scripted:
    """Give the address of a server that answers slowly.

    No single read need wait long: a timeout for each read does not notice.

    Args:
        bytes_per_second: how fast the answer comes, head and body; in 20
            pieces a second, or single bytes.
        host: an IP address of this machine.
        answer: what it answers; HTTP with 16,384 bytes unless given.
        times: how many connections are served so, before the others are
            answered at once; ``None`` for all.

    Raises:
        ValueError: `bytes_per_second` is not above 0.
    """
    steps: list[Step] = ["request", ("slowly", bytes_per_second), "again"]
    return Scripted(steps, host=host, answer=answer, times=times)
