"""Numbers as people say them."""

from __future__ import annotations

# Below so many seconds a time is told in this unit.
_UNITS = ((120, 1, "s"), (5400, 60, "min"), (172800, 3600, "h"))
_DAY = 86400
_SIZES = ("bytes", "kB", "MB", "GB", "TB")


def duration(seconds: float) -> str:
    """A time: `110 us`, `34 ms`, `4.1 s`, `3 min`, `5 h`, `12 days`."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    for below, unit, name in _UNITS:
        if seconds < below:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / _DAY:,.0f} days"


def size(count: int) -> str:
    """An amount of data: `1 byte`, `120 bytes`, `64 kB`, `2.5 MB`."""
    if count == 1:
        return "1 byte"
    value, step = float(count), 0
    while value >= 1000 and step < len(_SIZES) - 1:
        value /= 1000
        step += 1
    number = f"{value:.1f}" if step and value < 10 else f"{value:,.0f}"
    return f"{number.removesuffix('.0')} {_SIZES[step]}"


def many(count: int, noun: str) -> str:
    """A count with its noun: `1 byte`, `2,048 bytes`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def times(count: int) -> str:
    """How often: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
