"""The explanation as a note on an exception that is not ours.

The exception that the standard module raised stays what it is; what is put
on it is a `__notes__` that fills itself when somebody reads it.
"""

from __future__ import annotations

import os

from pysock.errors.handlers import from_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

# Where the typed exception lies when there are to be no notes.
_ATTRIBUTE = "_pysock_details"


class LazyNotes(list[str]):
    """The notes of an exception, the explanation first.

    A list to whoever asks. Until somebody reads it, only what `add_note`
    appended is in it; the interpreter does that in C and does not ask us.
    Pickled and copied deeply it is a plain list with the text.
    """

    def __init__(self, failure: SocketError) -> None:
        super().__init__()
        self._failure = failure
        # Taken by who fills it; popping an item is atomic.
        self._unread = [failure]

    def fill(self) -> None:
        """Write the explanation, unless that is done.

        A signal's handler may raise meanwhile; the next reader tries again.
        """
        if not self._unread:
            return
        try:
            # What few programs need is loaded when one does.
            from pysock.explain.telling import note_of
        except (ImportError, OSError) as problem:
            if from_handler(problem):
                raise
            return  # no descriptor left; the next reader may have one
        text = note_of(self._failure)
        try:
            self._unread.pop()
        except IndexError:
            return  # another thread has been quicker
        if text is not None:
            super().insert(0, text)

    def __reduce_ex__(self, protocol: Any, /) -> tuple[Any, ...]:
        self.fill()
        return (list, (list(self),))

    def __add__(self, other: Any, /) -> Any:
        if not isinstance(other, list):
            return NotImplemented
        return [*self, *other]

    def __radd__(self, other: Any, /) -> Any:
        if not isinstance(other, list):
            return NotImplemented
        return [*other, *self]

    def __copy__(self) -> list[str]:
        return self[:]


def _filling(name: str) -> Any:
    """A method of list that looks at what is in it."""
    method = getattr(list, name)

    def wrapper(self: LazyNotes, /, *args: Any, **kwargs: Any) -> Any:
        self.fill()
        for other in args:
            if type(other) is LazyNotes:
                other.fill()
        return method(self, *args, **kwargs)

    wrapper.__name__ = name
    wrapper.__qualname__ = f"LazyNotes.{name}"
    wrapper.__doc__ = method.__doc__
    return wrapper


# `append`, `extend` and `+=` add at the end and need not look.
for _name in (
    "__contains__",
    "__delitem__",
    "__eq__",
    "__ge__",
    "__getitem__",
    "__gt__",
    "__imul__",
    "__iter__",
    "__le__",
    "__len__",
    "__lt__",
    "__mul__",
    "__ne__",
    "__repr__",
    "__reversed__",
    "__rmul__",
    "__setitem__",
    "clear",
    "copy",
    "count",
    "index",
    "insert",
    "pop",
    "remove",
    "reverse",
    "sort",
):
    setattr(LazyNotes, _name, _filling(_name))


class _Hidden:
    """The typed exception, where notes are switched off.

    A pickle has `None` in its place: it must load where pysock is absent.
    """

    __slots__ = ("failure",)

    def __init__(self, failure: SocketError) -> None:
        self.failure = failure

    def __copy__(self) -> _Hidden:
        return self

    def __deepcopy__(self, memo: Any) -> _Hidden:
        return self

    def __reduce_ex__(self, protocol: Any, /) -> tuple[Any, ...]:
        return (type(None), ())


def attach(exception: BaseException, failure: SocketError) -> None:
    """Put what is known of a failure on the exception that tells of it.

    Args:
        exception: of any class; it gets a `__notes__`, or one attribute that
            nobody looks at with `PYSOCK_NOTES=0`.
        failure: the typed exception with its snapshot, not raised.

    Takes no time: nothing is asked and written before somebody reads.
    """
    if os.environ.get("PYSOCK_NOTES") == "0":
        setattr(exception, _ATTRIBUTE, _Hidden(failure))
        return
    notes = LazyNotes(failure)
    earlier = getattr(exception, "__notes__", None)
    if isinstance(earlier, list):
        notes += earlier
    exception.__notes__ = notes


def supersede(exception: BaseException, failure: SocketError) -> None:
    """Put what is known better in place of what was attached.

    Where somebody has read the earlier note, that stays.
    """
    notes = getattr(exception, "__dict__", {}).get("__notes__")
    if type(notes) is LazyNotes:
        if not notes._unread:
            return
        # What others have added: list's own method does not look.
        exception.__notes__ = list.copy(notes)
    attach(exception, failure)


def attached(exception: BaseException) -> SocketError | None:
    """Give what `attach` put on an exception; `None` if it did not."""
    names = getattr(exception, "__dict__", {})
    notes = names.get("__notes__")
    if type(notes) is LazyNotes:
        return notes._failure
    hidden = names.get(_ATTRIBUTE)
    return hidden.failure if type(hidden) is _Hidden else None
