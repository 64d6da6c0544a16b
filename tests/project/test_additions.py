"""What a new field, failure, command or benchmark has to bring with it.

CONTRIBUTING.md lists the files. Here is a test for each that can be forgotten
and that no other test asks for.
"""

import ast
import importlib
import re
from pathlib import Path

import pytest

from benchmarks.rows import ROWS
from lab import established, scenarios
from lab.causes.every import EVERY, ONLY_TYPED
from lab.elsewhere import MADE
from pysock import cli, errors
from pysock.errors import tree
from pysock.tcp.fields import Field, TcpFields
from support.tcp_info_table import TABLE

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = ROOT / "tests"
README = (ROOT / "README.md").read_text(encoding="utf-8")

CLASSES = {
    name: kind
    for name, kind in vars(tree).items()
    if isinstance(kind, type) and issubclass(kind, errors.SocketError)
}


def test_field_is_in_the_second_table():
    """A field of tcp/fields.py, and its place in support/tcp_info_table."""
    in_code = {
        name: value.offset
        for name, value in vars(TcpFields).items()
        if isinstance(value, Field)
    }
    assert in_code == {name: offset for name, offset, *_ in TABLE}


def raised_by(test):
    """Names of the classes that a test file expects to be raised."""
    tree = ast.parse(test.read_text())
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.endswith("Error")
    }


EXPECTED_BY_TESTS = {
    name
    for test in TESTS.rglob("test_*.py")
    # These build the exceptions themselves.
    if test.parent.name not in ("project", "explain")
    and test.name != "test_tree_and_table.py"
    for name in raised_by(test)
}
SCENARIOS = [
    *scenarios.CONNECT,
    *scenarios.DEADLINE,
    *established.ESTABLISHED,
]

MADE_CODES = {
    one.of(version, "code")
    for one in (*EVERY, *ONLY_TYPED)
    for version in one.versions
}


def classes_of(scenario):
    """The classes that a scenario of the lab must end in."""
    for version in (4, 6):
        if isinstance(scenario, established.Established):
            for outcome in scenario.of(version, "reading"):
                yield outcome.error
            for outcome in scenario.of(version, "writing"):
                yield outcome.error
        else:
            yield scenario.of(version, "error")


@pytest.mark.parametrize(
    "row", errors.CATALOGUE, ids=lambda row: f"{row.number}-{row.error}"
)
def test_failure_is_made_for_real(row):
    """By a scenario of the lab, or by a test that expects the class."""
    in_lab = any(
        one.row == row.number and row.error in classes_of(one)
        for one in SCENARIOS
    )
    codes = {cause.code for cause in row.causes}
    if in_lab or codes & MADE_CODES:
        return
    name = row.error.__name__
    if row.number in MADE and not row.error.__subclasses__():
        # A group is raised as what is below it.
        assert name in raised_by(TESTS / MADE[row.number][1]), (
            f"{MADE[row.number][1]} makes row {row.number}, but no {name}"
        )
    assert name in EXPECTED_BY_TESTS, f"no test expects a {name}"


def test_every_code_is_somebodys():
    """A cause in the catalogue, whose code no exception would ever have."""
    choosing = "".join(
        path.read_text()
        for wing in ("errors", "dropin", "integrations")
        for path in (ROOT / "pysock" / wing).glob("*.py")
        if not path.name.startswith("causes_")
    )
    only = {getattr(kind, "_only_code", None) for kind in CLASSES.values()}
    lonely = {
        cause.code
        for row in errors.CATALOGUE
        for cause in row.causes
        if cause.code not in only
        and f'"{cause.code}"' not in choosing
        # Those of TLS are put together where a failure of it is typed.
        and not cause.code.startswith("tls-")
    }
    assert lonely == set()


@pytest.mark.parametrize("name", CLASSES)
def test_class_is_public_and_has_a_row_unless_it_is_a_group(name):
    kind = CLASSES[name]
    assert getattr(errors, name, None) is kind, "not in errors/__init__.py"
    has_row = any(row.error is kind for row in errors.CATALOGUE)
    below = [other for other in CLASSES.values() if kind in other.__bases__]
    assert has_row or below, f"{name} has no row"


MODULES = {
    path.stem if path.is_file() else path.name
    for path in (ROOT / "pysock" / "cli").iterdir()
    if path.suffix == ".py" or (path / "__init__.py").exists()
}


def test_every_command_is_listed():
    named = {
        name
        for name in MODULES - {"__init__"}
        if hasattr(importlib.import_module(f"pysock.cli.{name}"), "NAME")
    }
    assert named == set(cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_command_has_its_words_its_tests_and_a_line_in_readme(command):
    module = importlib.import_module(f"pysock.cli.{command}")
    assert command == module.NAME
    assert module.HELP
    assert module.HELP[-1] != "."
    called = re.compile(rf'(pysock_command|main)\(\[?"{command}"')
    assert list(TESTS.glob(f"cli/test_{command}*.py")) or any(
        called.search(test.read_text()) for test in TESTS.rglob("test_*.py")
    ), "no test"
    assert re.search(rf"pysock {command}\b", README), "README does not name it"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_benchmark_has_its_function(row):
    module, _, function = row.measured_by.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert row.work
    assert (row.at_least is None) == (row.kind == "shown")
