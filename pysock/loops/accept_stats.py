"""What an accept loop counts."""

from __future__ import annotations

from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.raw.calls import CData

# Of the histogram: the last one has no upper bound in sight (24 days).
_BUCKETS = 32


class AcceptStats(Record):
    """Counts of an accept loop since it began, as they were when asked.

    Every connection that left the queue is in exactly one of the first four.

    Attributes:
        accepted: handed over, or about to be.
        aborted: dead when they came out of the queue; closed.
        shed: reset because no descriptor was left for them.
        unserved: accepted but still in the loop's hands when it was closed;
            closed with it.
        batches: calls that took at least one connection.
        errors: failed calls that the loop survived.
        pauses: how often it waited because no descriptor or memory was left.
        queue_high_water: the longest queue seen. One too many if a connection
            came in the instant after another was taken.
        dropped: segments that the kernel threw away at this listener since
            the loop began (SO_MEMINFO). More than the connections lost: a
            SYN that is sent again counts again, and so do some harmless
            cases. `None` where the kernel does not say.
        waits: how long the sampled connections were in the queue: a dict of
            upper bound in milliseconds (0, 1, 3, 7, 15 ...) to count. The
            kernel's clock has a resolution of 1 to 10 ms.
    """

    accepted: int
    aborted: int
    shed: int
    unserved: int
    batches: int
    errors: int
    pauses: int
    queue_high_water: int
    dropped: int | None
    waits: dict[int, int]

    def as_dict(self) -> dict[str, Any]:
        """Every count by name, ready for JSON."""
        return self._asdict()


class Counters:
    """The same while the loop runs: plain numbers."""

    __slots__ = (
        "accepted",
        "aborted",
        "shed",
        "unserved",
        "batches",
        "errors",
        "pauses",
        "queue_high_water",
        "_waits",
    )

    def __init__(self) -> None:
        self.accepted = self.aborted = self.shed = self.unserved = 0
        self.batches = self.errors = self.pauses = self.queue_high_water = 0
        self._waits = [0] * _BUCKETS

    def add_batch(self, alive: int, look: CData) -> None:
        """Count a batch by what C found out about it."""
        self.batches += 1
        self.accepted += alive
        self.aborted += look.dead
        if look.waiting > self.queue_high_water:
            self.queue_high_water = look.waiting

    def add_wait(self, milliseconds: int) -> None:
        """Count one sampled wait."""
        self._waits[min(milliseconds.bit_length(), _BUCKETS - 1)] += 1

    def snapshot(self, dropped: int | None) -> AcceptStats:
        """Make the record."""
        waits = {
            (1 << bits) - 1: count
            for bits, count in enumerate(self._waits)
            if count
        }
        return AcceptStats(
            self.accepted,
            self.aborted,
            self.shed,
            self.unserved,
            self.batches,
            self.errors,
            self.pauses,
            self.queue_high_water,
            dropped,
            waits,
        )


class Drops:
    """What a listener threw away since this was made (SO_MEMINFO)."""

    __slots__ = ("_before", "_now")

    def __init__(self, now: int | None) -> None:
        self._before = self._now = now

    def update(self, now: int | None) -> None:
        """Note another reading; `None` if it was not to be had."""
        if now is not None:
            self._now = now

    @property
    def count(self) -> int | None:
        """As of the last reading; `None` where the kernel does not say."""
        if self._now is None or self._before is None:
            return None
        return self._now - self._before
