"""How much CPU an explanation may take: asking stops, and says so."""

from __future__ import annotations

from time import thread_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    Item = TypeVar("Item")

# Seconds of this thread's CPU, the kernel's work for it included.
ENOUGH = 0.05

# Items between two looks at the clock, which costs 0.3 us.
_BETWEEN = 64


class Budget:
    """The CPU that one explanation may still take.

    Attributes:
        cut: whether something was left unasked for want of it.
    """

    __slots__ = ("_end", "cut")

    def __init__(self, seconds: float = ENOUGH) -> None:
        """Start the clock; with 0 seconds nothing is asked at all."""
        self._end = thread_time() + seconds if seconds > 0 else 0.0
        self.cut: bool = False

    def spent(self) -> bool:
        """Whether asking has to stop; who asks this and stops has cut."""
        if thread_time() < self._end:
            return False
        self.cut = True
        return True

    def within(self, items: Iterable[Item]) -> Iterator[Item]:
        """Go through what can be long, as far as the budget goes."""
        # Before the first one too: it may take the kernel as long as the rest.
        if self.spent():
            return
        for count, item in enumerate(items, 1):
            yield item
            if count % _BETWEEN == 0 and self.spent():
                return
