"""The pages on testing: the examples run, the tables are the code's.

As a script it writes the tables.
"""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pysock import testing
from pysock.testing.phases import PHASES

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "testing.md"
HOWTO = ROOT / "docs" / "howto" / "tests.md"
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
TABLE = re.compile(
    r"(<!-- (\w+): begin [^\n]*\n)(.*?)(<!-- \2: end -->)", re.DOTALL
)
EXAMPLES = [
    example
    for page in (PAGE, HOWTO)
    for example in EXAMPLE.findall(page.read_text(encoding="utf-8"))
]
[IN_README] = [
    example
    for example in EXAMPLE.findall((ROOT / "README.md").read_text("utf-8"))
    if "failing" in example
]


def phases():
    yield "| phase | failures |"
    yield "| --- | --- |"
    for phase, failures in PHASES.items():
        names = ", ".join(f"`{failure.name}`" for failure in failures)
        yield f"| `{phase}` | {names} |"


def managers():
    yield "| manager | row, and what a client meets |"
    yield "| --- | --- |"
    for name in testing.MANAGERS:
        if name != "network":
            module = import_module(f"pysock.testing.failures.{name}")
            yield f"| `{name}()` | {module.__doc__.splitlines()[0]} |"
    yield "| `network()` | A server in good health, to `cut()` and `heal()`. |"


def tables():
    return {"phases": phases(), "managers": managers()}


@pytest.mark.parametrize("example", [*EXAMPLES, IN_README])
def test_example_runs(example, tmp_path):
    path = tmp_path / "test_example.py"
    path.write_text(example)
    how = ["-m", "pytest", "-q"] if "def test_" in example else []
    done = subprocess.run(
        [sys.executable, *how, path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_test_in_readme_is_ten_lines():
    assert len(IN_README.splitlines()) == 10


@pytest.mark.parametrize("name", ["phases", "managers"])
def test_table_is_that_of_the_code(name):
    text = PAGE.read_text(encoding="utf-8")
    [table] = [m[3] for m in TABLE.finditer(text) if m[2] == name]
    assert table.splitlines() == list(tables()[name])


def written(table):
    lines = "".join(f"{line}\n" for line in tables()[table[2]])
    return f"{table[1]}{lines}{table[4]}"


if __name__ == "__main__":
    text = TABLE.sub(written, PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
