"""The site of docs/: every page is reached from its first one."""

from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def test_every_page_is_in_the_table_of_contents():
    """`make docs` would say so too, but needs Sphinx."""
    listed = (DOCS / "index.md").read_text("utf-8").splitlines()
    # These are many, and a page beside them lists all that are there.
    many = ("errors", "reach")
    pages = [
        page for page in DOCS.rglob("*.md") if page.parent.name not in many
    ]
    names = {str(page.relative_to(DOCS).with_suffix("")) for page in pages}
    assert names - {"index"} == names & set(listed)
