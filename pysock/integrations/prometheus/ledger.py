"""Sums that only grow, of the counters of sockets that come and go."""

from __future__ import annotations

from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Labels = tuple[str, ...]

# The kernel tells of a death a little after the socket has left its table:
# so many seconds later at most, and it is not taken for another one.
_GRACE = 10.0


class Ledger:
    """What each group of sockets has counted, those that are gone included.

    A socket's counters begin at 0 and end with it. Its first reading counts
    whole, each later one by what it has grown.
    """

    def __init__(self) -> None:
        self._totals: dict[Labels, list[int]] = {}
        # By cookie, which the kernel never uses again.
        self._known: dict[int, tuple[Labels, tuple[int, ...], float]] = {}

    def labels_of(self, cookie: int) -> Labels | None:
        """The group that a socket is in, for all of its life."""
        known = self._known.get(cookie)
        return known[0] if known is not None else None

    def note(
        self, cookie: int, labels: Labels, values: tuple[int, ...]
    ) -> None:
        """Add what a socket's counters have grown by.

        Args:
            cookie: the socket.
            labels: its group.
            values: its counters, the same number each time.
        """
        known = self._known.get(cookie)
        before = known[1] if known is not None else (0,) * len(values)
        self._known[cookie] = (labels, values, monotonic())
        totals = self._totals.setdefault(labels, [0] * len(values))
        for i, (now, then) in enumerate(zip(values, before, strict=True)):
            # Killed from this end, a socket loses its counters.
            totals[i] += max(now - then, 0)

    def end(self, cookie: int) -> None:
        """Let go of a socket whose last reading is noted; its sums stay."""
        self._known.pop(cookie, None)

    def forget(self) -> None:
        """Let go of the sockets that went without a last reading."""
        oldest = monotonic() - _GRACE
        for cookie, known in list(self._known.items()):
            if known[2] < oldest:
                del self._known[cookie]

    def drop(self, labels: Labels) -> None:
        """Let go of a group that has no socket."""
        self._totals.pop(labels, None)

    def totals(self) -> Iterator[tuple[Labels, list[int]]]:
        """Each group and its sums."""
        yield from self._totals.items()
