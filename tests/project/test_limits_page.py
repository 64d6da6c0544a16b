"""docs/limits.md says what README says."""

from project.limits_page import PAGE, page


def test_page_is_what_would_be_written():
    assert PAGE.read_text("utf-8") == page(), "out of date: make docs"
