"""Every failure in every client: what pysock adds, and that it adds only."""

import pytest

from clients.reach import seen
from clients.reach.failures import ROWS
from clients.reach.page import COLUMNS, DOCS, file_name, heading, table
from clients.reach.verdicts import (
    CLIENTS,
    OTHERWISE,
    allowed,
    every_cell,
    expected,
)
from pysock import errors, testing
from support.requirements import skip_or_fail


@pytest.mark.foreign
@pytest.mark.timeout(240)
@pytest.mark.parametrize("client", CLIENTS)
def test_client(client):
    try:
        found = seen.look(client)
    except testing.Unavailable as reason:
        skip_or_fail(str(reason))
    wrong = []
    for row, (plain, noted) in found.items():
        if not seen.same(client, row, plain, noted):
            wrong.append(f"{row}: plain {plain}\nnoted {noted}")
        if seen.verdict_of(plain) != ("nothing", None):
            wrong.append(f"{row}: explained without pysock: {plain}")
        if not seen.is_as_expected(client, row, noted):
            cell = expected(client, row)
            wrong.append(f"{row}: not {cell}: {noted}")
        if seen.is_heard_otherwise(noted):
            wrong.append(f"{row}: on_failure heard otherwise: {noted}")
    assert not wrong, "\n\n".join(wrong)


def test_every_script_is_a_client():
    files = {client.file for client in CLIENTS.values()}
    assert {path.stem for path in COLUMNS.glob("*.py")} == files


def test_what_is_not_explained_has_a_reason():
    for client, row, cell in every_cell():
        if cell.verdict != "explained":
            assert len(cell.reason) > 20, (client, row)


def test_cells_that_are_named_exist():
    codes = {c.code for row in errors.CATALOGUE for c in row.causes}
    assert {client for client, _ in OTHERWISE} <= set(CLIENTS)
    assert {row for _, row in OTHERWISE} <= set(ROWS)
    for client, row, cell in every_cell():
        assert set(cell.codes) <= codes, (client, row)
        assert bool(cell.codes) == (cell.verdict != "nothing"), (client, row)


def test_the_table_on_the_page():
    assert (DOCS / "reach.md").read_text() == table(), "make docs"


@pytest.mark.parametrize("client", CLIENTS)
def test_the_verdicts_on_the_page_of_a_client(client):
    """Its texts are one run's; what is said in each cell is not."""
    page = (DOCS / "reach" / file_name(client)).read_text().splitlines()
    shown = [line for line in page if line.startswith("## ")]
    assert len(shown) == len(ROWS)
    for line, row in zip(shown, ROWS, strict=True):
        assert line in [
            heading(row, cell.verdict, code)
            for cell in allowed(client, row)
            for code in cell.codes or [None]
        ]
