"""Measure several sides of one thing in turns, so that noise hits them all.

A machine gets slower and faster while it is measured: the clock of the CPU,
a neighbour, another process. So the sides take turns within each round, in
an order that changes; a ratio is taken within a round, and the median over
the rounds.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

# Runs once and returns seconds for one operation.
Run = Callable[[], float]
# Told before each run: which side, which round, of how many.
Progress = Callable[[str, int, int], None]

# Nothing in most measurements ever waits, so its CPU time (user and system,
# all threads) is its wall clock on an idle machine, and stays the same on a
# busy one.
CPU, WALL = "CPU", "wall clock"


def _say_nothing(side: str, round_number: int, rounds: int) -> None:
    pass


@dataclass(frozen=True)
class Plan:
    """How long to measure.

    Attributes:
        quick: two small rounds, whose numbers mean nothing.
        rounds: how many, whatever is measured; `None` for what fits it.
        progress: is told what runs.
    """

    quick: bool = False
    rounds: int | None = None
    progress: Progress = _say_nothing

    def repeat(self, normally: int) -> int:
        """How many rounds, where a full run has so many."""
        return self.rounds or (2 if self.quick else normally)

    def count(self, normally: int) -> int:
        """How many operations in a round, where a full run has so many."""
        return max(8, normally // 16) if self.quick else normally


@dataclass(frozen=True)
class Measurement:
    """What a measuring function found.

    Attributes:
        operation: what the seconds are of.
        clock: `CPU` or `wall clock`.
        samples: seconds for one operation, by side, round by round.
        missing: why a side is not among them.
    """

    operation: str
    clock: str
    samples: dict[str, list[float]]
    missing: dict[str, str] = field(default_factory=dict)

    def median(self, side: str) -> float:
        """Seconds for one operation, the median of the rounds."""
        return statistics.median(self.samples[side])

    def mean(self, side: str) -> float:
        """Seconds for one operation, over all rounds together."""
        return statistics.mean(self.samples[side])

    def ratios(self, slower: str, faster: str) -> list[float]:
        """One side over the other, round by round."""
        pairs = zip(self.samples[slower], self.samples[faster], strict=True)
        return [a / b for a, b in pairs]


class Sides:
    """The sides of one measurement, and those that cannot run here."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self.missing: dict[str, str] = {}

    def add(self, name: str, run: Run) -> None:
        """Add a side."""
        self._runs[name] = run

    def leave_out(self, name: str, reason: str) -> None:
        """Name a side that cannot run here."""
        self.missing[name] = reason

    def measure(
        self,
        operation: str,
        plan: Plan,
        *,
        rounds: int,
        clock: str = CPU,
        warm_up: int = 1,
    ) -> Measurement:
        """Let each side run once per round, each time in another order.

        Args:
            operation: what a run's seconds are of.
            plan: may ask for another number of rounds.
            rounds: how many a full run has.
            clock: what the seconds are of, `CPU` or `WALL`.
            warm_up: rounds before those that count.
        """
        rounds = plan.repeat(rounds)
        names = list(self._runs)
        samples: dict[str, list[float]] = {name: [] for name in names}
        for round_number in range(-warm_up, rounds):
            for name in _order(names, round_number):
                plan.progress(name, max(round_number + 1, 0), rounds)
                seconds = self._runs[name]()
                if round_number >= 0:
                    samples[name].append(seconds)
        return Measurement(operation, clock, samples, self.missing)


def _order(names: list[str], round_number: int) -> list[str]:
    """Turn the names, and half of the time backwards.

    Without that each side would nearly always follow the same other one.
    """
    turn = round_number % len(names)
    order = names[turn:] + names[:turn]
    if round_number // len(names) % 2:
        order.reverse()
    return order


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the garbage collector out of a timed part."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def timed(
    work: Callable[[], object], operations: int, clock: str = CPU
) -> float:
    """Run work once; seconds for one of its operations."""
    now = time.process_time_ns if clock is CPU else time.perf_counter_ns
    with quiet():
        start = now()
        work()
        return (now() - start) / 1e9 / operations


def own_code(function: Callable[..., Any]) -> Callable[..., Any]:
    """Copy a function for one side.

    The interpreter adapts code to the classes that it sees there; in a
    program that is one class of socket, and so it is here.
    """
    code = function.__code__.replace()
    return FunctionType(code, function.__globals__)


def quartiles(values: list[float]) -> tuple[float, float]:
    """Give the range that half of the values lie in."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
