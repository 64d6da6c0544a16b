"""A library's own methods, wrapped in place where they are what we know.

What makes an exception of a socket's failure is often private. So each is
looked at before: a method that takes other arguments is left as it is.
"""

from __future__ import annotations

import functools
import inspect
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Method = Callable[..., Any]
    # The class, the method's name, its first arguments, and what makes a
    # wrapper of it.
    Wrap = tuple[Any, str, str, Callable[[Method], Method]]


class Wraps:
    """The wrapped methods of one library."""

    def __init__(self, library: str) -> None:
        self._library = library
        # (class, name, what was there, what is there now)
        self._placed: list[tuple[Any, str, Any, Any]] = []

    def place(self, wanted: Iterable[Wrap]) -> None:
        """Wrap each, once; warn once of those that are not as we know them."""
        if self._placed:
            return
        strangers = []
        for kind, name, arguments, make in wanted:
            function: Any = vars(kind).get(name)
            if not _is_known(function, arguments.split()):
                strangers.append(f"{kind.__name__}.{name}")
                continue
            wrapper: Any = functools.wraps(function)(make(function))
            # A traceback shows the code's own name.
            wrapper.__code__ = wrapper.__code__.replace(
                co_name=name, co_qualname=function.__qualname__
            )
            setattr(kind, name, wrapper)
            self._placed.append((kind, name, function, wrapper))
        if strangers:
            warnings.warn(
                f"pysock does not know this {self._library}, and explains no "
                f"failure of {', '.join(strangers)}",
                RuntimeWarning,
                stacklevel=3,
            )

    def undo(self) -> None:
        """Put back what was there, where nobody has put another since."""
        while self._placed:
            kind, name, function, wrapper = self._placed.pop()
            if vars(kind).get(name) is wrapper:
                setattr(kind, name, function)


def giving_a_coroutine(wrapper: Any) -> Any:
    """Mark a function as what `iscoroutinefunction` is to find.

    One that gives the coroutine of the method that it stands for, without one
    of its own around it, costs a tenth; mocks look at what it is.
    """
    if hasattr(inspect, "markcoroutinefunction"):
        return inspect.markcoroutinefunction(wrapper)
    import asyncio.coroutines

    # Python 3.11: for asyncio's own iscoroutinefunction, which mocks ask.
    wrapper._is_coroutine = vars(asyncio.coroutines)["_is_coroutine"]
    return wrapper


def _is_known(function: Any, arguments: list[str]) -> bool:
    """Whether a method takes first what we are going to give it."""
    if not inspect.isfunction(function):
        return False
    code = function.__code__
    return list(code.co_varnames[: len(arguments)]) == arguments
