"""docs/tcp_info.md is what the fields say, and leaves none out."""

import pytest

from project.tcp_info_page import PAGE, fields, page
from support.tcp_info_table import TABLE


def test_page_is_what_would_be_written():
    assert PAGE.read_text("utf-8") == page(), "out of date: make docs"


@pytest.mark.parametrize("name", dict(fields()))
def test_field_is_explained(name):
    field = dict(fields())[name]
    assert field.unit
    assert field.since
    assert len(field.__doc__) > 10


def test_no_field_is_left_out():
    names = {name for name, _ in fields()}
    assert {name for name, *_ in TABLE} == names
