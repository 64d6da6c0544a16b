"""docs/errors/: a page for every code, as the code would write it now."""

import ctypes
import re

import pytest

from project.error_pages import FOLDER, RESOLVER, pages
from project.wires import WIRES, drawn
from pysock import errors
from pysock.errors import CATALOGUE

CODES = sorted({cause.code for row in CATALOGUE for cause in row.causes})
PAGES = pages()


@pytest.mark.parametrize("code", CODES)
def test_code_has_a_page(code):
    text = (FOLDER / f"{code}.md").read_text("utf-8")
    assert f"# {code}\n" in text
    assert "## What to do\n" in text
    assert f"]({code}.md)" in PAGES["index.md"]


@pytest.mark.parametrize("name", PAGES)
def test_page_is_what_would_be_written(name):
    written = (FOLDER / name).read_text("utf-8")
    assert written == PAGES[name], "out of date: make docs"


def test_no_page_is_left_over():
    assert {path.name for path in FOLDER.glob("*.md")} == set(PAGES)


def test_row_is_found_where_its_link_leads():
    """The anchors are those that the headings of failures.md get."""
    failures = (FOLDER.parent / "failures.md").read_text("utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^## (.*)$", failures, re.MULTILINE)
    }
    for text in PAGES.values():
        anchors = re.findall(r"\(\.\./failures\.md#([^)]*)\)", text)
        assert set(anchors) <= headings


@pytest.mark.parametrize("text", RESOLVER)
def test_the_resolver_says_it(text):
    number = int(text.split()[1].rstrip("]"))
    words = ctypes.CDLL(None).gai_strerror
    words.restype = ctypes.c_char_p
    # In the words of this library; the other one's stand beside them.
    assert f"[Errno {number}] {words(number).decode()}" in RESOLVER
    assert errors.ResolveError(number, text).code in RESOLVER[text]


def test_the_tree_has_every_class():
    named = set(re.findall(r"^ *(\w+Error)", PAGES["tree.md"], re.MULTILINE))
    public = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.SocketError)
    }
    assert named == public


def test_a_drawing_is_of_a_code_and_fits():
    assert set(WIRES) <= set(CODES)
    for code in WIRES:
        widths = [len(line) for line in drawn(code).splitlines()]
        assert max(widths) <= 72, code
