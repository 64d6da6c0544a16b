"""Label values, bounded: each series costs the one who stores it."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import Generic, TypeVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Name = TypeVar("Name", str, tuple[str, ...])

OTHER = "other"
# A name that was not met for so long, in seconds, makes room for another.
_KEPT = 3600.0


class Names(Generic[Name]):
    """At most so many names; who comes later is one of the others.

    A name keeps its place while it is met: a series that came and went with
    each look would be no series.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._met: dict[Name, float] = {}

    def admit(self, names: Iterable[Name]) -> None:
        """Meet these names; where room is short, the most frequent stay.

        Args:
            names: one for each socket.
        """
        now = monotonic()
        for name, _ in Counter(names).most_common():
            if name in self._met or len(self._met) < self._most:
                self._met[name] = now

    def __contains__(self, name: Name) -> bool:
        return name in self._met

    def forget(self) -> set[Name]:
        """Give up the places of names that are gone; these names."""
        oldest = monotonic() - _KEPT
        gone = {name for name, met in self._met.items() if met < oldest}
        for name in gone:
            del self._met[name]
        return gone
