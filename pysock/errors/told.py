"""What is told of a failure, and how it is laid out in lines."""

from __future__ import annotations

from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Characters of a line of facts; a second line takes what is left.
_WIDTH = 100


class Told(Record):
    """The parts of an explanation; see `pysock.explain.Explanation`.

    Also what `explain()` gives where that class cannot be loaded, because no
    descriptor is left: it has the same attributes and the same text.
    """

    why: str
    seen: tuple[str, ...]
    try_: str | None
    code: str

    def as_dict(self) -> dict[str, Any]:
        """The parts by name, ready for JSON: why, seen, try, code."""
        return as_dict(self)

    def __str__(self) -> str:
        return "\n".join(lines_of(self))


def as_dict(told: Any) -> dict[str, Any]:
    """The parts of an explanation by name, ready for JSON."""
    return {
        "why": told.why,
        "seen": list(told.seen),
        "try": told.try_,
        "code": told.code,
    }


def lines_of(told: Any) -> list[str]:
    """Lay an explanation out: five lines at most, each with its title."""
    lines = [f"why   {told.why}"]
    lines += [f"seen  {facts}" for facts in _in_two(told.seen)]
    if told.try_ is not None:
        lines.append(f"try   {told.try_}")
    lines.append(f"code  {told.code}")
    return lines


def _in_two(facts: tuple[str, ...]) -> list[str]:
    """Facts in one line if they fit, else in two."""
    if len("; ".join(facts)) <= _WIDTH or len(facts) < 2:
        return ["; ".join(facts)] if facts else []
    count = 1
    while len("; ".join(facts[: count + 1])) <= _WIDTH:
        count += 1
    return ["; ".join(facts[:count]), "; ".join(facts[count:])]
