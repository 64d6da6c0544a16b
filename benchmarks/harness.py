"""Measure several sides of one thing in turns, so that noise hits them all.

A machine gets slower and faster while it is measured: the clock of the CPU,
a neighbour, another process. So the sides take turns within each round, in
an order that changes, and a ratio is taken within a round before the median
is taken over the rounds.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# Runs once and returns seconds for one operation.
Run = Callable[[], float]


@dataclass(frozen=True)
class Plan:
    """How long to measure."""

    quick: bool = False
    rounds: int | None = None

    def repeat(self, normally: int) -> int:
        """How many rounds, where a full run has so many."""
        return self.rounds or (2 if self.quick else normally)

    def count(self, normally: int) -> int:
        """How many operations in a round, where a full run has so many."""
        return max(8, normally // 16) if self.quick else normally


@dataclass(frozen=True)
class Measurement:
    """Seconds for one operation, by side and round; and what is not there."""

    samples: dict[str, list[float]]
    missing: dict[str, str] = field(default_factory=dict)

    def median(self, side: str) -> float:
        return statistics.median(self.samples[side])

    def ratios(self, slower: str, faster: str) -> list[float]:
        """One side over the other, round by round."""
        return [
            a / b
            for a, b in zip(
                self.samples[slower], self.samples[faster], strict=True
            )
        ]


def interleave(
    sides: dict[str, Run],
    rounds: int,
    *,
    missing: dict[str, str] | None = None,
    warm_up: int = 1,
) -> Measurement:
    """Let each side run once per round, each time in another order.

    Args:
        sides: what to run, by name.
        rounds: how often.
        missing: sides that cannot run here, and why.
        warm_up: rounds before those that count.
    """
    samples: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for round_number in range(-warm_up, rounds):
        turn = round_number % len(names)
        order = names[turn:] + names[:turn]
        # Half of the rounds run backwards: else each side would nearly
        # always follow the same other one.
        if round_number // len(names) % 2:
            order.reverse()
        for name in order:
            seconds = sides[name]()
            if round_number >= 0:
                samples[name].append(seconds)
    return Measurement(samples, missing or {})


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the garbage collector out of a timed part."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def timed(work: Callable[[], object], operations: int) -> float:
    """Run work once; seconds of wall clock for one of its operations."""
    with quiet():
        start = time.perf_counter_ns()
        work()
        return (time.perf_counter_ns() - start) / 1e9 / operations


def quartiles(values: list[float]) -> tuple[float, float]:
    """Give the range that half of the values lie in."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
