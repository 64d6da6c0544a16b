"""The benchmarks run, measure what their table names, and judge by it.

Never a timing: how fast anything is depends on the machine.
"""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import page
from benchmarks.report import MISSED, NOT_MEASURED, judge
from benchmarks.rows import (
    CHEAPEST,
    FASTER,
    ROWS,
    SHOWN,
    UNDER,
    WITHIN,
    Row,
)
from pysock.cli.bench.rounds import CPU, Measurement, Plan, Sides

ROOT = Path(__file__).resolve().parent.parent.parent

MEASURED_BY = sorted({row.measured_by for row in ROWS})


def measurement(**samples):
    return Measurement("piece of work", CPU, samples)


def row(kind, at_least, aim, **more):
    return Row(
        "a row", "work", "", "ours", "theirs", kind, at_least, aim, **more
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("measured_by", MEASURED_BY)
def test_row_measures_each_side_or_says_why_not(measured_by):
    rows = {row.name: row for row in ROWS if row.measured_by == measured_by}

    # A process of its own: gevent and others keep descriptors for good.
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *rows, "--quick", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    assert {"kernel", "machine", "python", "pysock", "commit"} <= set(
        found["environment"]
    )
    assert [one["row"] for one in found["rows"]] == list(rows)
    for one in found["rows"]:
        row = rows[one["row"]]
        assert all(seconds > 0 for seconds in one["seconds"].values())
        assert all(one["missing"].values())
        named = {row.ours, row.theirs, row.floor, *row.beside}
        there = one["seconds"].keys() | one["missing"].keys()
        assert named - {None, CHEAPEST} <= there
        assert (one["value"] is None) == (one["verdict"] == NOT_MEASURED)


def test_every_row_of_the_design_has_its_promise():
    promised = [row for row in ROWS if row.kind != SHOWN]
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.at_least is not None for row in promised)
    for one in promised:
        if one.aim is not None and one.kind == FASTER:
            assert one.aim >= one.at_least
        elif one.aim is not None:
            assert one.aim <= one.at_least


@pytest.mark.parametrize(
    ("kind", "ours", "verdict"),
    [
        (FASTER, [4.0, 2.0, 4.0], MISSED),
        (FASTER, [2.0, 8.0, 2.0], "at least"),
        (FASTER, [1.0, 1.0, 9.0], "aim"),
        (WITHIN, [40.0, 1.0, 40.0], MISSED),
        (WITHIN, [16.0, 1.0, 16.0], "at least"),
        (WITHIN, [12.0, 99.0, 12.0], "aim"),
        (UNDER, [0.003, 0.003, 0.001], MISSED),
        (UNDER, [0.0019, 0.0019, 9.0], "at least"),
        (UNDER, [0.001, 0.001, 0.001], "aim"),
    ],
)
def test_verdict_follows_the_median_of_the_rounds(kind, ours, verdict):
    at_least, aim = (4.0, 8.0) if kind == FASTER else (2.0, 1.5)
    measured = measurement(ours=ours, theirs=[8.0, 8.0, 8.0])
    finding = judge(row(kind, at_least, aim), measured)
    assert finding.verdict == verdict
    assert finding.is_failed == (verdict == MISSED)


def test_mean_counts_where_the_row_says_so():
    measured = measurement(ours=[1.0, 1.0, 1.0], theirs=[1.0, 1.0, 298.0])
    by_median = row(FASTER, 15, 25)
    by_mean = dataclasses.replace(by_median, by_mean=True)
    assert judge(by_median, measured).verdict == MISSED
    assert judge(by_mean, measured).value == 100


def test_cheapest_peer_is_the_one_compared_with():
    measured = measurement(ours=[1.0], slow=[9.0], quick=[2.0], C=[0.5])
    one = Row(
        "a row", "work", "", "ours", CHEAPEST, FASTER, 1.0,
        beside=("slow", "quick", "not installed"),
    )  # fmt: skip
    finding = judge(one, measured)
    assert (finding.theirs, finding.value) == ("quick", 2.0)


def test_missing_peer_is_named_and_fails_nothing():
    measured = measurement(ours=[1.0])
    measured.missing["theirs"] = "theirs is not installed"
    finding = judge(row(FASTER, 1.0, 2.0), measured)
    assert (finding.verdict, finding.is_failed) == (NOT_MEASURED, False)
    assert finding.reason == "theirs is not installed"


@pytest.mark.parametrize(("ours", "status"), [(9.0, 1), (1.0, 0)])
def test_exit_status_says_whether_a_row_missed(
    monkeypatch, capsys, ours, status
):
    monkeypatch.setattr(
        command,
        "measure",
        lambda *args, **kwargs: measurement(
            **{"import pysock": [ours / 1000], "import socket": [0.001]}
        ),
    )
    tight = dataclasses.replace(
        next(row for row in ROWS if row.name == "import"), at_least=5, aim=5
    )
    monkeypatch.setattr(command, "ROWS", [tight])

    assert command.main(["import"]) == status

    printed = capsys.readouterr().out
    assert ("MISSED: import" in printed) == bool(status)
    assert "commit" in printed
    assert "kernel" in printed


def test_sides_take_turns_in_changing_order():
    ran = []
    sides = Sides()
    for name in "abc":
        sides.add(name, lambda name=name: ran.append(name) or 1.0)
    sides.leave_out("d", "no d here")

    measured = sides.measure("letter", Plan(), rounds=12)

    rounds = ["".join(ran[at : at + 3]) for at in range(0, len(ran), 3)]
    assert len(rounds) == 13  # one to warm up
    assert all(sorted(order) == ["a", "b", "c"] for order in rounds)
    assert len(set(rounds)) == 6
    assert measured.samples == {name: [1.0] * 12 for name in "abc"}
    assert measured.missing == {"d": "no d here"}


@pytest.mark.parametrize(
    "arguments", [["nothing-like-this"], ["--rounds", "0"]]
)
def test_wrong_arguments_are_refused(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def limits_in(table):
    """What a line is about, what it promises, what it aims at."""
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    return [re.split(r" *\| *", row)[1:4] for row in rows]


def test_the_page_shows_what_is_promised():
    text = page.PAGE.read_text("utf-8")
    shown = text.partition(page.BEGIN)[2].partition(page.END)[0]
    run = {
        "environment": {
            "python": "3",
            "when": "2026-11-22",
            "kernel": "Linux",
            "machine": "a machine",
            "load": "0.50 0.20 0.10",
        },
        "rows": [
            {"row": row.name, "verdict": NOT_MEASURED, "value": None}
            for row in ROWS
        ],
    }
    assert limits_in(shown) == limits_in(page.table(page.joined([run])))


def test_the_table_replaces_the_one_before():
    text = f"head\n{page.BEGIN} -->\nold\n{page.END}\ntail\n"
    new = page.put(text, "new")
    assert new == f"head\n{page.BEGIN} -->\nnew\n{page.END}\ntail\n"
    assert page.put(new, "new") == new


def test_runs_of_one_interpreter_are_one_column():
    def run(python, *values, spread=0.05):
        rows = [
            {
                "row": row.name,
                "verdict": "aim",
                "value": value,
                "quartiles": [value - spread, value + spread],
            }
            for row, value in zip(ROWS, values, strict=False)
        ]
        environment = {"python": python, "load": "0.50 0.20 0.10"}
        return {"environment": environment, "rows": rows}

    older, newer = page.joined(
        [run("3.13.0", 1.0, 3.0), run("3.9.2", 4.0), run("3.13.0", 2.0)]
    )
    assert older["environment"]["python"] == "3.9.2"
    found = [page._found(row, newer) for row in ROWS[:3]]
    assert found == ["2.00x faster", "3.00x faster", NOT_MEASURED]
    assert page._found(ROWS[0], run("3", 1.0)) == "**1.00x faster**"
    uneven = run("3", 3.0, spread=0.9)
    assert page._found(ROWS[0], uneven) == page.UNEVEN
    [both] = page.joined([run("3", 2.0), uneven])
    assert page._found(ROWS[0], both) == "2.00x faster"
