"""README: what it shows is so, and its table is the catalogue's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pysock import errors

README = Path(__file__).parent.parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
PAGES = sorted((README.parent / "docs").rglob("*.md"))
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
    """A traceback or an output, without what differs from run to run."""
    output = re.sub(
        r"(?s)(Traceback[^\n]*\n).*?\n(?=\S)", r"\1  ...\n", output
    )
    return re.sub(r"\d+ (us|ms)|\d+\.\d+ s", "N", output).strip()


def raises(example):
    """Whether the traceback of an example is shown."""
    return any(
        example == code and said.startswith("Traceback")
        for code, said in SHOWN
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_example_runs(example):
    """Each example runs; one that is shown with a traceback raises it."""
    done = run(example)
    assert done.returncode == (1 if raises(example) else 0), done.stderr


@pytest.mark.parametrize(("example", "shown"), SHOWN, ids=range(len(SHOWN)))
def test_shown_output_is_what_it_prints(example, shown):
    """The outputs in README are real ones."""
    done = run(example)
    said = done.stderr if raises(example) else done.stdout
    assert shape(said) == shape(shown)


def test_the_uses_are_short():
    """Five uses, and none needs more than a dozen lines."""
    chapter = TEXT.split("## Five uses\n")[1].split("\n## ")[0]
    uses = re.findall(r"```python\n(.*?)```", chapter, re.DOTALL)
    assert len(uses) == 5
    assert all(len(use.splitlines()) <= 12 for use in uses)


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """To files of the tree; a link into the web is not followed."""
    text = re.sub(
        r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.DOTALL
    )
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_what_it_costs_is_what_was_measured():
    """Each number in README is the first one of its row in the whole table."""
    rows = {}
    whole = (README.parent / "docs" / "cost.md").read_text("utf-8")
    for line in whole.splitlines():
        cells = [cell.strip(" *") for cell in line.split("|")]
        if len(cells) >= 8:
            rows[cells[1]] = cells[4]
    chapter = TEXT.split("## What it costs\n")[1].split("\n## ")[0]
    shown = re.findall(r"^\| (.*?) \| (\d.*?) \|$", chapter, re.MULTILINE)
    assert shown
    for what, measured in shown:
        assert rows[what] == measured


def test_table_is_the_catalogue():
    """The table is made from errors.CATALOGUE; this file prints it."""
    between = TEXT[TEXT.index(BEGIN) : TEXT.index(END)].split("-->\n", 1)[1]
    assert between.strip() == table()


if __name__ == "__main__":
    head = TEXT[: TEXT.index("-->\n", TEXT.index(BEGIN)) + 4]
    README.write_text(
        f"{head}{table()}\n{TEXT[TEXT.index(END) :]}", encoding="utf-8"
    )
