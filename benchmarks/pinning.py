"""Which process runs on which CPU, as far as there are several."""

from __future__ import annotations

import os

MEASURED, CLIENT = 0, -1
_ALL = sorted(os.sched_getaffinity(0))


def cpu(which: int) -> int:
    """Give the number of a CPU that this process may use."""
    return _ALL[which]


def pin(which: int) -> None:
    """Pin this process to one CPU of those it may use."""
    os.sched_setaffinity(0, {cpu(which)})


def unpin() -> None:
    """Give this process back every CPU that it started with."""
    os.sched_setaffinity(0, set(_ALL))
