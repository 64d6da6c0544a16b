"""Amounts as people write them: `12 s`, `3 min`, `1.5 MB`, `1 connect`."""

from __future__ import annotations

_STEPS = ((120.0, 1.0, "s"), (5400.0, 60.0, "min"), (172800.0, 3600.0, "h"))
_DAY = 86400.0
_SIZES = ("bytes", "kB", "MB", "GB", "TB")


def duration(seconds: float) -> str:
    """A time with one unit: `85 ms`, `1.2 s`, `12 s`, `3 min`, `5 h`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    for below, unit, name in _STEPS:
        if seconds < below:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / _DAY:.0f} days"


def size(count: int) -> str:
    """Bytes, thousands as in `kB`: `120 bytes`, `64 kB`, `2.5 MB`."""
    if count == 1:
        return "1 byte"
    value, step = float(count), 0
    while value >= 1000 and step < len(_SIZES) - 1:
        value /= 1000
        step += 1
    number = f"{value:.1f}" if step and value < 10 else f"{value:,.0f}"
    return f"{number.removesuffix('.0')} {_SIZES[step]}"


def many(count: int, one: str, several: str | None = None) -> str:
    """`1 connection`, `1,234 connections`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
