"""Numbers as people say them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """A time: `110 us`, `34 ms`, `4.1 s`."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:,.0f} s"


def many(count: int, noun: str) -> str:
    """A count with its noun: `1 byte`, `2,048 bytes`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def times(count: int) -> str:
    """How often: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
