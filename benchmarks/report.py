"""What a run found: the verdict on each row, the table, the JSON."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysock
from benchmarks.harness import Measurement, quartiles
from benchmarks.rows import FASTER, SHOWN, UNDER, WITHIN, Row

# The sides of bench_load that a peer's row chooses the cheapest of.
PEERS = ("socket", "asyncio", "uvloop", "gevent", "trio")

MISSED = "MISSED"
NOT_THERE = "not there yet"
NOT_MEASURED = "not measured"
# The verdicts that make the exit status 1.
FAILED = (MISSED, NOT_THERE)


@dataclass(frozen=True)
class Finding:
    """One row, measured or not."""

    row: Row
    verdict: str
    theirs_name: str = ""
    value: float | None = None  # a ratio, or milliseconds for UNDER
    spread: tuple[float, float] | None = None  # its quartiles
    ours: float | None = None  # seconds, as all below
    theirs: float | None = None
    floor: float | None = None
    sides: dict[str, float] | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "row": self.row.name,
            "work": self.row.work,
            "verdict": self.verdict,
            "kind": self.row.kind,
            "value": self.value,
            "quartiles": self.spread,
            "at_least": self.row.at_least,
            "aim": self.row.aim,
            "ours": self.row.ours,
            "theirs": self.theirs_name,
            "median_seconds": self.sides,
            "floor_seconds": self.floor,
            "reason": self.reason,
        }


def judge(row: Row, measured: Measurement) -> Finding:
    """Compare what was measured with what the row promises."""
    sides = {name: measured.median(name) for name in measured.samples}
    if row.ours in measured.missing:
        reason = f"{row.ours} is {measured.missing[row.ours]}"
        return Finding(row, NOT_THERE, sides=sides, reason=reason)
    theirs = row.theirs
    if theirs == "*":
        there = [name for name in PEERS if name in measured.samples]
        theirs = min(there, key=measured.median)
    if theirs in measured.missing:
        reason = measured.missing[theirs]
        return Finding(row, NOT_MEASURED, sides=sides, reason=reason)
    if row.kind == FASTER:
        values = measured.ratios(theirs, row.ours)
    elif row.kind == UNDER:
        values = [seconds * 1000 for seconds in measured.samples[row.ours]]
    else:
        values = measured.ratios(row.ours, theirs)
    value = statistics.median(values)
    return Finding(
        row,
        _verdict(row, value),
        theirs_name=theirs,
        value=value,
        spread=quartiles(values),
        ours=measured.median(row.ours),
        theirs=measured.median(theirs),
        floor=measured.median(row.floor) if row.floor else None,
        sides=sides,
    )


def _verdict(row: Row, value: float) -> str:
    if row.kind == SHOWN or row.at_least is None:
        return "shown"

    def meets(limit: float) -> bool:
        return value >= limit if row.kind == FASTER else value <= limit

    if not meets(row.at_least):
        return MISSED
    return "aim" if row.aim is None or meets(row.aim) else "at least"


def environment() -> dict[str, str]:
    """Say what was measured where; numbers mean nothing without it."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": f"{platform.machine()}, {_cpu()}, "
        f"{len(os.sched_getaffinity(0))} CPUs",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "pysock": pysock.__version__,
        "commit": _commit(),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown CPU"


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _limit(row: Row, limit: float | None) -> str:
    if limit is None:
        return "-"
    return f"{limit:g} ms" if row.kind == UNDER else f"{limit:g}x"


def _value(finding: Finding) -> str:
    if finding.value is None or finding.spread is None:
        return "-"
    unit = " ms" if finding.row.kind == UNDER else "x"
    low, high = finding.spread
    return f"{finding.value:.2f}{unit} ({low:.2f}-{high:.2f})"


HEAD = (
    "row",
    "ours",
    "theirs",
    "floor",
    "ratio (quartiles)",
    "",
    "at least",
    "aim",
    "verdict",
)
_WORDS = {FASTER: "faster", WITHIN: "as long", UNDER: "", SHOWN: "as long"}


def table(findings: list[Finding]) -> str:
    """Lay the findings out in columns, with the sides of each below."""
    lines = [list(HEAD)]
    for finding in findings:
        row = finding.row
        lines.append(
            [
                row.name,
                _time(finding.ours),
                _time(finding.theirs),
                _time(finding.floor),
                _value(finding),
                _WORDS[row.kind] if finding.value else "",
                _limit(row, row.at_least),
                _limit(row, row.aim),
                finding.verdict,
            ]
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    out = [
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]
    out.insert(1, "-" * max(map(len, out)))
    return "\n".join(out)


def details(findings: list[Finding]) -> str:
    """Say what each row compares, and what else was measured beside it."""
    lines = []
    for finding in findings:
        row = finding.row
        lines.append(f"{row.name}: {row.work}")
        if finding.reason:
            lines.append(f"    {finding.reason}")
        if finding.sides:
            theirs = finding.theirs_name or row.theirs
            names = dict.fromkeys((row.ours, theirs, *row.beside, row.floor))
            said = [
                f"{name} {_time(finding.sides[name])}"
                for name in names
                if name in finding.sides
            ]
            lines.append("    " + ", ".join(said))
    return "\n".join(lines)


def failed_rows(findings: list[Finding]) -> list[Finding]:
    """Give the rows that break a promise."""
    return [finding for finding in findings if finding.verdict in FAILED]
