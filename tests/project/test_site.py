"""The site of docs/: every page is reached from its first one."""

from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def test_every_page_is_in_the_table_of_contents():
    """`make docs` would say so too, but needs Sphinx."""
    listed = (DOCS / "index.md").read_text("utf-8").splitlines()
    pages = [
        page for page in DOCS.rglob("*.md") if page.parent.name != "errors"
    ]
    names = {str(page.relative_to(DOCS).with_suffix("")) for page in pages}
    assert names - {"index"} == names & set(listed)
