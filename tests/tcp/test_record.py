"""Record is a named tuple, and loads no typing."""

from __future__ import annotations

import pickle
from collections import namedtuple

import pytest

from pysock.tcp.record import Record
from support import child


class Pair(Record):
    """A pair."""

    first: int
    second: str | None = None

    @property
    def both(self):
        return f"{self.first} {self.second}"


class Named(Pair):
    pass


def test_as_namedtuple():
    twin = namedtuple("Pair", "first second", defaults=[None])
    ours, theirs = Pair(1, second="x"), twin(1, second="x")
    assert ours == theirs == (1, "x")
    assert repr(ours) == repr(theirs)
    assert ours._asdict() == theirs._asdict()
    assert Pair._fields == twin._fields
    assert Pair._field_defaults == twin._field_defaults
    assert Pair(1) == twin(1)
    assert ours._replace(first=2) == (2, "x")
    assert type(ours._replace(first=2)) is Pair
    for wrong in ((), (1, "x", 3)):
        with pytest.raises(TypeError):
            Pair(*wrong)


def test_what_the_body_says():
    assert (Pair.__doc__, Pair.__module__) == ("A pair.", __name__)
    assert Pair(1, "x").both == "1 x"
    assert not hasattr(Pair(1), "__dict__")
    with pytest.raises(AttributeError):
        Pair(1).first = 2


def test_pickles():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(Pair(1, "x"), protocol))
        assert (again, type(again)) == ((1, "x"), Pair)


def test_a_class_below_is_an_ordinary_one():
    named = Named(1, "x")
    named.more = 3
    assert (named, named.more, named.both) == ((1, "x"), 3, "1 x")


def test_typing_is_not_loaded():
    child.run(
        """
    import sys
    import pysock.tcp.record
    assert "typing" not in sys.modules
    """
    )
