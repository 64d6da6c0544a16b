"""Record: a base for named tuples that does not load typing.

    class Stall(Record):
        kind: str
        sentence: str

is what it would be below `typing.NamedTuple`, and that is what a type checker
takes it for. typing itself would take longer to load than all of pysock.
"""

from __future__ import annotations

from collections import namedtuple

__all__ = ["Record"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class _Maker(type):
        """Makes a named tuple of what the body of a class annotates."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body["__annotations__"]
            defaults = [body.pop(field) for field in fields if field in body]
            values = namedtuple(
                name, fields, defaults=defaults, module=body["__module__"]
            )
            # Without this every record would have a dict.
            body["__slots__"] = ()
            return type(name, (values,), body)

    class Record(metaclass=_Maker):
        """What is annotated becomes the values of a tuple, in that order.

        Those with a default come last, as in a call. A class below one that
        is made so is an ordinary class, and can add no values.
        """
