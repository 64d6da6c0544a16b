"""Where exceptions are shown: what their chain hides is told once more.

A library that raises `from None`, or makes its own exception of an ended
stream, leaves the note where no traceback shows it. So the note is written
below the traceback: by `logging`, for a thread that dies, and for a program.
"""

from __future__ import annotations

import functools
import sys

from pysock.errors.handlers import from_handler
from pysock.integrations import arrivals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# (owner, name, what was there, what is there now)
_placed: list[tuple[Any, str, Any, Any]] = []


def wrap(*, program: bool) -> None:
    """Wrap what shows exceptions, once.

    Args:
        program: `sys.excepthook` too. `pysock run` does that itself, when
            the program has failed.
    """
    if _placed:
        return
    if program:
        _place(sys, "excepthook", _telling(lambda *args: args[1]))
    arrivals.when_imported("threading", _wrap_threading)
    arrivals.when_imported("logging", _wrap_logging)


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    while _placed:
        owner, name, function, wrapper = _placed.pop()
        if getattr(owner, name, None) is wrapper:
            setattr(owner, name, function)


def tell(exception: BaseException | None) -> None:
    """Write below a traceback on stderr what it did not show."""
    note = None if exception is None else _hidden(exception)
    if note is None or sys.stderr is None:
        return
    try:
        print(note, file=sys.stderr)
    except (OSError, ValueError):
        return  # closed, or a pipe that nobody reads


def _hidden(exception: BaseException) -> str | None:
    try:
        from pysock.explain.hidden import hidden_note

        return hidden_note(exception)
    except (ImportError, OSError) as problem:
        if from_handler(problem):
            raise
        return None  # no descriptor left, and so nothing can be loaded


def _place(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    function = getattr(owner, name)
    wrapper = functools.wraps(function)(make(function))
    setattr(owner, name, wrapper)
    _placed.append((owner, name, function, wrapper))


def _wrap_threading() -> None:
    import threading

    _place(threading, "excepthook", _telling(lambda args: args.exc_value))


def _telling(
    exception_of: Callable[..., BaseException | None],
) -> Callable[[Any], Any]:
    def make(shown: Any) -> Any:
        def hook(*args: Any) -> None:
            shown(*args)
            tell(exception_of(*args))

        return hook

    return make


def _wrap_logging() -> None:
    import logging

    def make(method: Any) -> Any:
        def wrapper(self: Any, ei: Any) -> Any:
            text = method(self, ei)
            note = _hidden(ei[1]) if ei and ei[1] is not None else None
            return text if note is None else f"{text}\n{note}"

        return wrapper

    _place(logging.Formatter, "formatException", make)
