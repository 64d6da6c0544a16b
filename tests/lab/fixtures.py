"""The lab for pytest: `pytest_plugins = ["lab.fixtures"]`."""

import pytest

from lab import namespace
from lab.place import Place
from pysock.errors.errno_names import errno_name
from support import requirements

_TABLE = pytest.StashKey()


@pytest.fixture(scope="session")
def lab_is_possible():
    """What the lab needs is there, or the test ends here."""
    reason = namespace.missing()
    if reason is not None:
        requirements.skip_or_fail(reason)


@pytest.fixture
def place(lab_is_possible):
    """A place of the test's own; the test runs inside."""
    where = Place()
    try:
        with where.entered():
            yield where
    finally:
        where.close()


@pytest.fixture(scope="module")
def shared_place(lab_is_possible):
    """A place for all tests of a file, which enter it themselves."""
    where = Place()
    yield where
    where.close()


@pytest.fixture(params=[4, 6], ids=["v4", "v6"])
def version(request):
    """Both IP versions, one after the other."""
    return request.param


@pytest.fixture
def lab_table(request):
    """Note what a scenario gave; the run prints the table at its end."""
    rows = request.config.stash.setdefault(_TABLE, [])

    def note(row, name, version, error):
        number = getattr(error, "errno", None)
        rows.append(
            (
                row,
                name,
                f"IPv{version}",
                type(error).__name__,
                errno_name(number) or "-",
                str(getattr(error, "origin", None) or "-"),
            )
        )

    return note


def pytest_terminal_summary(terminalreporter, config):
    """Print the table of the lab, where it was asked for by -v."""
    rows = config.stash.get(_TABLE, [])
    if not rows or config.get_verbosity() < 1:
        return
    terminalreporter.section("the lab")
    head = ("row", "scenario", "family", "class", "errno", "origin")
    rows = [head, *sorted(set(rows), key=lambda r: (_number(r[0]), *r[1:3]))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = map(str.ljust, row, widths)
        terminalreporter.write_line("  ".join(cells).rstrip())


def _number(row):
    digits = row.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits), row
