"""docs/failures.md says what the catalogue and the lab say."""

import re
from pathlib import Path

import pytest

from lab import established, scenarios
from lab.document import document
from lab.elsewhere import MADE
from pysock.errors import CATALOGUE

TESTS = Path(__file__).resolve().parent.parent
PAGE = TESTS.parent / "docs" / "failures.md"

# The rows that DESIGN.md owes: every failure of the notes.
OWED = [row for row in CATALOGUE if int(re.match(r"\d+", row.number)[0]) < 30]


def test_page_is_what_would_be_written():
    assert PAGE.read_text() == document(), (
        "out of date: PYTHONPATH=tests python -m lab.document "
        "> docs/failures.md"
    )


@pytest.mark.parametrize("row", OWED, ids=lambda row: row.number)
def test_row_is_made(row):
    every = scenarios.CONNECT + scenarios.DEADLINE + established.ESTABLISHED
    assert row.number in MADE.keys() | {s.row for s in every}


@pytest.mark.parametrize("row", MADE)
def test_tests_that_are_named_exist(row):
    assert (TESTS / MADE[row][1]).exists()


def test_tests_that_the_differences_name_exist():
    sources = "".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)", PAGE.read_text()))
    assert named
    for name in named:
        assert f"def {name}(" in sources or list(TESTS.rglob(f"{name}.py"))


@pytest.mark.parametrize("row", OWED, ids=lambda row: row.number)
def test_scenarios_agree_with_the_catalogue(row):
    """Class, errno and origin of each are among its row's."""
    for scenario in scenarios.CONNECT + scenarios.DEADLINE:
        # A row that two rows' classes share is IPv4's row 5 (see row 7).
        for version in (4, 6):
            kind = scenario.of(version, "error")
            if scenario.row != row.number or kind is not row.error:
                continue
            assert scenario.of(version, "number") in row.errnos
            assert scenario.of(version, "origin").kind in row.origins
