"""The texts that lead to the pages of docs/errors/, each made for real."""

import pytest

import pysock
from pysock import testing
from testing import foreign
from testing.searched import SEARCHED


def begin(manager):
    name, *arguments = manager
    if name == "tls":
        return testing.tls(**dict.fromkeys(arguments, True))
    return getattr(testing, name)(*arguments)


def texts(exception):
    """The text of an exception and of all that are behind it."""
    while exception is not None:
        yield f"{type(exception).__name__}: {exception}"
        exception = exception.__cause__ or exception.__context__


@pytest.mark.usefixtures("noted")
@pytest.mark.parametrize(
    "row", SEARCHED, ids=lambda row: f"{row.library}-{row.manager[0]}"
)
def test_text_and_code(row):
    with begin(row.manager) as address:
        with pytest.raises(Exception) as info:  # noqa: PT011
            getattr(foreign, row.client)(address)
        found = list(texts(info.value))
        assert any(row.text in text for text in found), found
        explanation = pysock.why(info.value)
        assert explanation is not None
        assert explanation.code in row.codes
