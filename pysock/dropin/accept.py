"""The exception for an accept of ours that failed."""

from __future__ import annotations

import os
from errno import EAGAIN, ETIMEDOUT

from pysock.dropin.funnel import failure_of
from pysock.dropin.without_snapshot import nobody_waits
from pysock.errors.choose import TIMED_OUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def accept_failure(sock: Any, number: int, timeout: float | None) -> OSError:
    """Make the exception for an errno of accept; `ETIMEDOUT` for no time.

    Args:
        sock: the listener.
        number: the errno.
        timeout: the listener's timeout in seconds; with 0 or `None` an empty
            queue is no timeout.
    """
    nothing_came = number in (EAGAIN, ETIMEDOUT)
    if nothing_came and not timeout:
        return nobody_waits(sock)
    said = (
        TimeoutError(*TIMED_OUT)
        if nothing_came
        else OSError(number, os.strerror(number))
    )
    return failure_of(sock, "accept", said) or said
