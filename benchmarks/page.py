"""The table of docs/cost.md, what pysock costs, from saved runs.

python -m benchmarks --json > 3.13.json     # with each interpreter
python -m benchmarks.page 3.11.json 3.12.json 3.13.json

Runs of one interpreter make one column, be it that each measured some rows
only; of a row that several measured the last counts that was even.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.report import MISSED, NOT_MEASURED, verdict_on
from benchmarks.rows import FASTER, ROWS, SHOWN, UNDER, Row

PAGE = Path(__file__).parents[1] / "docs" / "cost.md"
BEGIN = "<!-- cost: begin (made by benchmarks/page.py from runs of make bench)"
END = "<!-- cost: end -->"

UNEVEN = "uneven"
# Where the middle half of the rounds is wider, as a part of their median, the
# machine was too busy to tell.
_TOO_WIDE = 0.2


def table(runs: list[dict[str, Any]]) -> str:
    """The table, in Markdown: a row for each promise, a column for a run."""
    where = runs[0]["environment"]
    columns = ["Python " + run["environment"]["python"] for run in runs]
    loads = [load for run in runs for load in run["loads"]]
    lines = [
        f"{where['when'][:10]}, {where['kernel']}, {where['machine']}, "
        f"load {min(loads):.0f} to {max(loads):.0f}:",
        "",
        _line("what", "promised", "aim", *columns),
        _line(*["---"] * (3 + len(runs))),
    ]
    for row in ROWS:
        if row.kind == SHOWN:
            continue
        promised = [_limit(row, limit) for limit in (row.at_least, row.aim)]
        found = [_found(row, run) for run in runs]
        lines.append(_line(row.work, *promised, *found))
    return "\n".join(lines)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _limit(row: Row, limit: float | None) -> str:
    return "-" if limit is None else _value(row, limit)


def _value(row: Row, value: float) -> str:
    if row.kind == UNDER:
        return f"{value:.3g} ms"
    how = "faster" if row.kind == FASTER else "as long"
    return f"{value:.2f}x {how}" if value < 10 else f"{value:.0f}x {how}"


def _found(row: Row, run: dict[str, Any]) -> str:
    """What a run found; bold where it misses the promise of today."""
    every = [each for each in run["rows"] if each["row"] == row.name]
    told = [each for each in every if each["value"] is not None]
    if not told:
        return NOT_MEASURED
    even = [each for each in told if not _is_uneven(each)]
    if not even:
        return UNEVEN
    value = even[-1]["value"]
    said = _value(row, value)
    return f"**{said}**" if verdict_on(row, value) == MISSED else said


def _is_uneven(found: dict[str, Any]) -> bool:
    low, high = found["quartiles"]
    return bool(high - low > _TOO_WIDE * found["value"])


def joined(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make one run of all that are of one interpreter, oldest Python first."""
    columns: dict[str, dict[str, Any]] = {}
    for run in runs:
        python = run["environment"]["python"]
        column = columns.setdefault(python, {"rows": [], "loads": []})
        column["environment"] = run["environment"]
        column["loads"].append(float(run["environment"]["load"].split()[0]))
        column["rows"] += run["rows"]
    in_order = sorted(columns, key=_numbers)
    return [columns[python] for python in in_order]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def put(text: str, inside: str) -> str:
    """Replace what is between the two marks of a page.

    Raises:
        ValueError: the page has not each of them once.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"the marks of the table are not there: {BEGIN} -->")
    head, _, rest = text.partition(BEGIN)
    mark, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{mark}\n{inside}\n{END}{tail}"


def main(paths: list[str]) -> None:
    """Write the table from the runs in these files."""
    runs = [json.loads(Path(path).read_text("utf-8")) for path in paths]
    text = PAGE.read_text("utf-8")
    PAGE.write_text(put(text, table(joined(runs))), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
