"""The standard module's functions whose failures no method of a socket has.

`getaddrinfo` has no socket; `create_server` makes a new exception of what
`bind` raised. Both are functions of Python there as well. What is of C is
left alone: as an attribute of a class it would begin to bind.
"""

from __future__ import annotations

import functools
import socket as standard
from types import FunctionType

from pysock.explain.chain import details
from pysock.explain.notes import attach, attached
from pysock.integrations import noting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# (name, what was there, what is there now)
_placed: list[tuple[str, Any, Any]] = []


def wrap_functions() -> None:
    """Put the wrapped functions into the standard module, once."""
    if _placed:
        return
    for name, make in (
        ("getaddrinfo", _resolving),
        ("create_server", _serving),
    ):
        function = getattr(standard, name)
        if isinstance(function, FunctionType):
            wrapper = functools.wraps(function)(make(function))
            setattr(standard, name, wrapper)
            _placed.append((name, function, wrapper))


def unwrap_functions() -> None:
    """Put the standard ones back, where nobody has put another since."""
    while _placed:
        name, function, wrapper = _placed.pop()
        if getattr(standard, name, None) is wrapper:
            setattr(standard, name, function)


def _resolving(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except standard.gaierror as exc:
            host = args[0] if args else kwargs.get("host")
            noting.note(
                None,
                "getaddrinfo",
                exc,
                address=(host, None),
                code=function.__code__,
            )
            raise

    return wrapper


def _serving(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except OSError as exc:
            # It suppresses the exception of bind, which is noted.
            if noting.active and attached(exc) is None:
                failure = details(exc)
                if failure is not None:
                    attach(exc, failure)
            raise

    return wrapper
