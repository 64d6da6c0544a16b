"""Failures that happen again and again are looked up once.

A program in a loop that cannot connect logs the same failure many times a
second. Looking at this machine for each would cost more than the program.
"""

from __future__ import annotations

import time
import weakref

from pysock.explain.words import duration, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.explain.case import Case

# Seconds for which what was found is not looked up again.
FRESH = 10.0

# Seconds of CPU that all explanations together may take for looking, in each
# stretch of FRESH seconds: one part in forty of a processor.
TOGETHER = 0.25

# Failures that are remembered.
_MOST = 64


class Repeats:
    """What was found for which failure, and what looking has cost.

    No lock: a step of a dict is one step, and the worst that two threads can
    do to each other is to look twice.
    """

    def __init__(self) -> None:
        self._known: dict[Any, _Known] = {}
        self._began = 0.0
        self._spent = 0.0

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]

    def recall(self, case: Case) -> tuple[dict[str, Any], str] | None:
        """Give what was found for the same failure not long ago.

        Returns:
            what was found, and a sentence that says how it comes; `None` if
            this case is to be looked up.
        """
        now = time.monotonic()
        key = _key(case)
        known = None if key is None else self._known.get(key)
        if known is not None and now - known.when < FRESH:
            if known.error() is case.error:
                return None
            known.again += 1
            since = duration(now - known.when)
            again = f"the same failure {times(known.again)} again in {since}"
            if known.found:
                again += ", not looked up again"
            return known.found, again
        if now - self._began < FRESH and self._spent > TOGETHER:
            return {}, (
                "nothing was looked up: explanations have cost this program "
                "enough just now"
            )
        if key is not None:
            self._remember(key, _Known(now, case))
        return None

    def looking(self, case: Case, look: Callable[[], None]) -> None:
        """Look, and count what it costs."""
        now = time.monotonic()
        if now - self._began >= FRESH:
            self._began, self._spent = now, 0.0
        before = time.thread_time()
        try:
            look()
        finally:
            self._spent += time.thread_time() - before

    def _remember(self, key: Any, known: _Known) -> None:
        self._known.pop(key, None)
        self._known[key] = known
        while len(self._known) > _MOST:
            try:
                self._known.pop(next(iter(self._known)), None)
            except (StopIteration, RuntimeError):
                return  # another thread is at it


class _Known:
    """What was found for one failure, and how often it came since."""

    __slots__ = ("again", "error", "found", "when")

    def __init__(self, when: float, case: Case) -> None:
        self.when = when
        self.found = case.found
        self.error = weakref.ref(case.error)
        self.again = 0


def _key(case: Case) -> Any:
    """Code, peer and place; of a listener its own address instead.

    `None` for one that knows neither: it is like no other.
    """
    error = case.error
    here: Any = error.local_address
    where: Any = error.address
    # A port of 0 is that of every socket which has none.
    if not where and isinstance(here, tuple) and len(here) > 1 and here[1]:
        where = here
    if not where:
        return None
    try:
        hash(where)
    except TypeError:
        where = repr(where)
    source = here[0] if isinstance(here, tuple) and here else None
    return (
        case.code,
        error.call,
        where,
        source,
        error._reason,
        error._network,
    )


REPEATS = Repeats()
"""Of this process."""
