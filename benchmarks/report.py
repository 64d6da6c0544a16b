"""What a run found: the verdict on each row, the table, the JSON."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.rows import CHEAPEST, FASTER, SHOWN, UNDER, WITHIN, Row
from pysock.cli.bench.rounds import Measurement, quartiles
from pysock.cli.bench.show import show_time
from pysock.cli.table import print_table

MISSED = "MISSED"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Finding:
    """One row, measured or not.

    `value` is a ratio, or milliseconds for a row of kind UNDER; `spread` are
    its quartiles. `sides` are medians (or means) in seconds.
    """

    row: Row
    verdict: str
    theirs: str
    sides: dict[str, float] = field(default_factory=dict)
    value: float | None = None
    spread: tuple[float, float] | None = None
    reason: str = ""
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def is_failed(self) -> bool:
        return self.verdict == MISSED

    def as_dict(self) -> dict[str, Any]:
        row = self.row
        return {
            "row": row.name,
            "work": row.work,
            "verdict": self.verdict,
            "kind": row.kind,
            "value": self.value,
            "quartiles": self.spread,
            "at_least": row.at_least,
            "aim": row.aim,
            "ours": row.ours,
            "theirs": self.theirs,
            "floor": row.floor,
            "seconds": self.sides,
            "reason": self.reason,
            "missing": self.missing,
        }


def judge(row: Row, measured: Measurement) -> Finding:
    """Compare what was measured with what the row promises."""
    average = measured.mean if row.by_mean else measured.median
    sides = {name: average(name) for name in measured.samples}
    theirs = row.theirs
    if theirs == CHEAPEST:
        peers = [name for name in row.beside if name in sides]
        theirs = min(peers, key=average)
    finding = Finding(row, "", theirs, sides, missing=measured.missing)
    if theirs in measured.missing:
        reason = measured.missing[theirs]
        return replace(finding, verdict=NOT_MEASURED, reason=reason)
    if row.kind == FASTER:
        values = measured.ratios(theirs, row.ours)
    elif row.kind == UNDER:
        values = [seconds * 1000 for seconds in measured.samples[row.ours]]
    else:
        values = measured.ratios(row.ours, theirs)
    value = statistics.median(values)
    if row.by_mean:
        value = sides[theirs] / sides[row.ours]
    return replace(
        finding,
        verdict=verdict_on(row, value),
        value=value,
        spread=quartiles(values),
    )


def verdict_on(row: Row, value: float) -> str:
    """Say which promise of a row a value keeps."""

    def meets(limit: float) -> bool:
        return value >= limit if row.kind == FASTER else value <= limit

    if row.kind == SHOWN or row.at_least is None:
        return "shown"
    if not meets(row.at_least):
        return MISSED
    return "aim" if row.aim is None or meets(row.aim) else "at least"


_TITLES = (
    "row",
    "ours",
    "theirs",
    "floor",
    "ratio",
    "quartiles",
    "at least",
    "aim",
    "verdict",
)
_WORDS = {FASTER: "x faster", WITHIN: "x as long", UNDER: " ms"}


def print_findings(findings: list[Finding]) -> None:
    """Print the table, then what each row compares."""
    print_table(_TITLES, [_cells(finding) for finding in findings])
    for finding in findings:
        row = finding.row
        print(f"\n{row.name}: {row.work}")
        names = (row.ours, finding.theirs, *row.beside, row.floor)
        said = [
            f"{name} {show_time(finding.sides[name])}"
            for name in dict.fromkeys(names)
            if name in finding.sides
        ]
        print("  " + ", ".join(said))
        if finding.reason:
            print(f"  {finding.verdict}: {finding.reason}")


def _cells(finding: Finding) -> tuple[str, ...]:
    row, sides = finding.row, finding.sides
    unit = _WORDS.get(row.kind, "x as long")
    value, spread = "-", "-"
    if finding.value is not None and finding.spread is not None:
        value = f"{finding.value:.2f}{unit}"
        spread = "{:.2f} - {:.2f}".format(*finding.spread)
    return (
        row.name,
        _time(sides, row.ours),
        _time(sides, finding.theirs),
        _time(sides, row.floor),
        value,
        spread,
        "-" if row.at_least is None else f"{row.at_least:g}",
        "-" if row.aim is None else f"{row.aim:g}",
        finding.verdict,
    )


def _time(sides: dict[str, float], name: str | None) -> str:
    return show_time(sides[name]) if name in sides else "-"
