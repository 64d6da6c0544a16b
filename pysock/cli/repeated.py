"""What came of connecting again and again."""

from __future__ import annotations

import statistics
from collections import Counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.cli.attempt import Attempt


class Summary:
    """Rounds in few numbers, each by the address that it ended at."""

    def __init__(self, last: list[Attempt]) -> None:
        """Count.

        Args:
            last: the last attempt of each round.
        """
        good = [attempt for attempt in last if attempt.error is None]
        self._count = len(last)
        self._failures = Counter(
            type(attempt.error).__name__ for attempt in last if attempt.error
        )
        self._times = [attempt.elapsed for attempt in good]
        self._shaken = [one.tls.elapsed for one in good if one.tls]
        self._repeated = sum(bool(attempt.syns_lost) for attempt in last)

    def fields(self) -> list[tuple[str, str]]:
        """Names and texts, for a reader."""
        named = ", ".join(
            f"{count:,} {name}" for name, count in self._failures.most_common()
        )
        failed = self._failures.total()
        connects = f"{self._count:,}: {len(self._times):,} succeeded"
        if failed:
            connects += f", {failed:,} failed ({named})"
        fields = [("connects", connects)]
        if self._times:
            fields.append(("connect", _in_words(self._times)))
        if self._shaken:
            fields.append(("TLS", _in_words(self._shaken)))
        if self._repeated:
            fields.append(
                ("lost", f"{self._repeated:,} of them had to repeat their SYN")
            )
        return fields

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON; times in seconds, `None` for none."""
        return {
            "rounds": self._count,
            "succeeded": len(self._times),
            "failed": self._failures.total(),
            "failures": dict(self._failures),
            "syns_repeated": self._repeated,
            "elapsed": _spread(self._times),
            "tls_elapsed": _spread(self._shaken),
        }


def _spread(times: list[float]) -> dict[str, float] | None:
    if not times:
        return None
    return {
        "least": min(times),
        "median": statistics.median(times),
        "most": max(times),
    }


def _in_words(times: list[float]) -> str:
    least, most = min(times) * 1000, max(times) * 1000
    middle = statistics.median(times) * 1000
    return f"{least:.1f} ms least, {middle:.1f} ms median, {most:.1f} ms most"
