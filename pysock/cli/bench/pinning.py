"""Which process runs on which CPU, as far as there are several."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

MEASURED, CLIENT = 0, -1


def cpu(which: int) -> int:
    """Give the number of a CPU that this process may use."""
    return sorted(os.sched_getaffinity(0))[which]


@contextmanager
def pinned(which: int = MEASURED) -> Iterator[None]:
    """Keep this process on one CPU, and its children free."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu(which)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
