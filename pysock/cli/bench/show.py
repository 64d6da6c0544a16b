"""A measurement as a table, and as JSON."""

from __future__ import annotations

import statistics
from typing import Any

from pysock.cli.bench.rounds import Measurement, quartiles
from pysock.cli.table import print_table

LEGEND = (
    "middle half: the range of the middle half of the rounds; to pysock: how "
    "many\ntimes as long as the cheapest way of pysock, within a round."
)
_TITLES = ("", "median", "middle half", "to pysock", "a second")


def print_measurement(title: str, measured: Measurement) -> None:
    """Print the sides, the cheapest first."""
    rounds = len(next(iter(measured.samples.values())))
    what = f"{measured.clock} for each {measured.operation}"
    print(f"{title}: {what}, {rounds} rounds")
    names = sorted(measured.samples, key=measured.median)
    print_table(_TITLES, [_cells(name, measured) for name in names])
    for name, reason in measured.missing.items():
        print(f"without {name}: {reason}")


def _cells(name: str, measured: Measurement) -> tuple[str, ...]:
    median = measured.median(name)
    low, high = quartiles(measured.samples[name])
    size, _ = unit_of(median)
    beside = beside_pysock(name, measured)
    return (
        name,
        show_time(median),
        f"{low / size:.2f}-{high / size:.2f}",
        "-" if beside is None else f"{beside:.2f}x",
        f"{1 / median:,.0f}",
    )


def beside_pysock(name: str, measured: Measurement) -> float | None:
    """How many times as long as the cheapest way of pysock."""
    ours = [side for side in measured.samples if side.startswith("pysock")]
    if not ours:
        return None
    best = min(ours, key=measured.median)
    return statistics.median(measured.ratios(name, best))


def unit_of(seconds: float) -> tuple[float, str]:
    """Choose the unit that suits a time: its seconds, and its name."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= size:
            return size, unit
    return 1e-9, "ns"


def show_time(seconds: float) -> str:
    """Write seconds in the unit that suits them."""
    size, unit = unit_of(seconds)
    return f"{seconds / size:.2f} {unit}"


def as_dict(
    subject: str, title: str, measured: Measurement, where: dict[str, str]
) -> dict[str, Any]:
    """Give a measurement, ready for JSON."""
    return {
        "subject": subject,
        "title": title,
        "operation": measured.operation,
        "clock": measured.clock,
        "environment": where,
        "sides": [
            {
                "name": name,
                "median_seconds": measured.median(name),
                "quartiles_seconds": quartiles(samples),
                "samples_seconds": samples,
            }
            for name, samples in measured.samples.items()
        ],
        "missing": measured.missing,
    }
