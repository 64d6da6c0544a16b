"""Row 26: a read's timeout, for the server reads a request and is silent."""

from __future__ import annotations

from pysock.testing.scripted import ANSWER, Scripted
from pysock.testing.sockets import LOOPBACK


def silent_after(
    count: int | None = None,
    *,
    host: str = LOOPBACK,
    answer: bytes = ANSWER,
    times: int | None = None,
) -> Scripted:
    """Give the address of a server that reads and then does nothing.

    Args:
        count: how many bytes it reads; ``None`` for one request, 0 for none.
        host: an IP address of this machine.
        answer: what connections after the first `times` are answered.
        times: how many connections fail so; ``None`` for all.

    Raises:
        ValueError: `count` is below 0.
    """
    first = "request" if count is None else ("read", count)
    return Scripted([first, "silence"], host=host, answer=answer, times=times)
