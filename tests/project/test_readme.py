"""README: its examples run, and its table is the catalogue's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pysock import errors

README = Path(__file__).parent.parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SHOWN = re.findall(
    r"```python\n([^`]*)```\n\n(?:[^`]*\n\n)?```text\n(.*?)```",
    TEXT,
    re.DOTALL,
)
BEGIN, END = "<!-- failures: begin", "<!-- failures: end -->"


def run(example):
    """Run an example as a stranger would: a script in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def table():
    """The table of failures, in Markdown."""
    lines = [
        "| # | what happened | errno | class | also a |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in errors.CATALOGUE:
        numbers = ", ".join(row.errno_names) or "-"
        also = ", ".join(row.also)
        lines.append(
            f"| {row.number} | {row.situation} | {numbers} "
            f"| `{row.error.__name__}` | {also} |"
        )
    return "\n".join(lines)


def shape(output):
    """An output without what differs from run to run."""
    output = re.sub(
        r"(?s)(Traceback[^\n]*\n).*?\n(?=\S)", r"\1  ...\n", output
    )
    return re.sub(r"\d+ (us|ms)|\d+\.\d+ s", "N", output).strip()


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_example_runs(example):
    """Each example runs; one that is shown with a traceback raises it."""
    done = run(example)
    raises = any(example == code for code, _ in SHOWN)
    assert done.returncode == (1 if raises else 0), done.stderr


@pytest.mark.parametrize(("example", "shown"), SHOWN, ids=["before", "after"])
def test_shown_output_is_what_it_prints(example, shown):
    """The tracebacks in README are real ones."""
    assert shape(run(example).stderr) == shape(shown)


def test_table_is_the_catalogue():
    """The table is made from errors.CATALOGUE; this file prints it."""
    between = TEXT[TEXT.index(BEGIN) : TEXT.index(END)].split("-->\n", 1)[1]
    assert between.strip() == table()


if __name__ == "__main__":
    head = TEXT[: TEXT.index("-->\n", TEXT.index(BEGIN)) + 4]
    README.write_text(
        f"{head}{table()}\n{TEXT[TEXT.index(END) :]}", encoding="utf-8"
    )
