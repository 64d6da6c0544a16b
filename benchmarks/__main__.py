"""python -m benchmarks: measure the rows, print the table, say who missed.

The exit status is 1 when a row misses its "at least", or measures something
that is not there yet.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time

from benchmarks import pinning, report
from benchmarks.harness import Measurement, Plan
from benchmarks.rows import ROWS, Row


def measure(measured_by: str, plan: Plan) -> Measurement:
    """Call the measuring function that a row names."""
    module, _, function = measured_by.partition(":")
    run = getattr(importlib.import_module(f"benchmarks.{module}"), function)
    try:
        result: Measurement = run(plan)
    finally:
        pinning.unpin()
    return result


def findings_of(rows: tuple[Row, ...], plan: Plan) -> list[report.Finding]:
    """Measure and judge the rows; those of one function together."""
    measured: dict[str, Measurement] = {}
    findings = []
    for row in rows:
        if row.measured_by not in measured:
            start = time.monotonic()
            print(
                f"{row.measured_by} ...", end="", flush=True, file=sys.stderr
            )
            measured[row.measured_by] = measure(row.measured_by, plan)
            print(f" {time.monotonic() - start:.1f} s", file=sys.stderr)
        findings.append(report.judge(row, measured[row.measured_by]))
    return findings


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
    rows = tuple(
        row for row in ROWS if not chosen.rows or row.name in chosen.rows
    )
    findings = findings_of(rows, Plan(chosen.quick, chosen.rounds))
    failed = report.failed_rows(findings)
    where = report.environment()
    if chosen.json:
        said = {
            "environment": where,
            "rows": [finding.as_dict() for finding in findings],
        }
        print(json.dumps(said, indent=2))
    else:
        for name, value in where.items():
            print(f"{name:8} {value}")
        print()
        print(report.table(findings))
        print()
        print(report.details(findings))
        for finding in failed:
            print(f"{finding.verdict}: {finding.row.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
