"""python -m benchmarks: measure the rows, print the table, say who missed.

The exit status is 1 when a row misses its "at least".
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.report import Finding, judge, print_findings
from benchmarks.rows import ROWS, Row
from pysock.cli.bench.environment import environment
from pysock.cli.bench.progress import Progress
from pysock.cli.bench.rounds import Measurement, Plan
from pysock.cli.table import print_fields


def measure(row: Row, *, rounds: int | None, quick: bool) -> Measurement:
    """Call the measuring function that a row names."""
    module, _, function = row.measured_by.partition(":")
    progress = Progress(row.name)
    try:
        run = getattr(importlib.import_module(module), function)
        measured: Measurement = run(Plan(quick, rounds, progress))
    finally:
        progress.finish()
    return measured


def findings_of(
    rows: list[Row], *, rounds: int | None = None, quick: bool = False
) -> list[Finding]:
    """Measure and judge; rows of one function are measured together."""
    measured: dict[str, Measurement] = {}
    for row in rows:
        if row.measured_by not in measured:
            measured[row.measured_by] = measure(
                row, rounds=rounds, quick=quick
            )
    return [judge(row, measured[row.measured_by]) for row in rows]


def commit() -> str:
    """Name the commit that is measured, and whether files differ from it."""
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


def main(argv: list[str] | None = None) -> int:
    """Run the benchmarks that the command line chooses."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure pysock beside what it is compared with.",
        epilog="rows: " + ", ".join(names),
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="all if none")
    parser.add_argument("--rounds", type=int, help="rounds for every row")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="two small rounds: shows that it runs; the numbers mean nothing",
    )
    chosen = parser.parse_args(argv)
    unknown = [name for name in chosen.rows if name not in names]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}")
    if chosen.rounds is not None and chosen.rounds < 1:
        parser.error("--rounds is at least 1")
    rows = [row for row in ROWS if not chosen.rows or row.name in chosen.rows]
    where = environment() | {"commit": commit()}
    findings = findings_of(rows, rounds=chosen.rounds, quick=chosen.quick)
    failed = [finding for finding in findings if finding.is_failed]
    if chosen.json:
        said = {
            "environment": where,
            "rows": [finding.as_dict() for finding in findings],
        }
        print(json.dumps(said, indent=2))
    else:
        print_fields(where.items())
        print()
        print_findings(findings)
        print()
        for finding in failed:
            print(f"{finding.verdict}: {finding.row.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
