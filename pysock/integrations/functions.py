"""The standard module's functions whose failures no method of a socket has.

`getaddrinfo` has no socket; `create_server` makes a new exception of what
`bind` raised. Both are functions of Python there as well. What is of C is
left alone: as an attribute of a class it would begin to bind.
"""

from __future__ import annotations

import functools
import socket as standard
from time import monotonic
from types import FunctionType

from pysock.integrations import noting
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from pysock.explain.notes import attach, attached
else:
    late(
        globals(),
        "explain.notes.attach",
        "explain.notes.attached",
    )

# (module, name, what was there, what is there now)
_placed: list[tuple[ModuleType, str, Any, Any]] = []


def wrap_functions(module: ModuleType) -> None:
    """Put the wrapped functions into a module, once.

    Args:
        module: the standard one, or one whose functions are put into that.
    """
    for name, make in (
        ("getaddrinfo", _resolving),
        ("create_server", _serving),
    ):
        function = vars(module).get(name)
        if not isinstance(function, FunctionType) or any(
            placed[3] is function for placed in _placed
        ):
            continue
        wrapper = functools.wraps(function)(make(function))
        setattr(module, name, wrapper)
        _placed.append((module, name, function, wrapper))


def unwrap_functions() -> None:
    """Put the old ones back, where nobody has put another since."""
    while _placed:
        module, name, function, wrapper = _placed.pop()
        if getattr(module, name, None) is wrapper:
            setattr(module, name, function)


def _resolving(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = monotonic()
        try:
            return function(*args, **kwargs)
        except standard.gaierror as exc:
            host = args[0] if args else kwargs.get("host")
            noting.note(
                None,
                "getaddrinfo",
                exc,
                address=(host, None),
                started=started,
                home=noting.home_of(function),
            )
            raise

    return wrapper


def _serving(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except OSError as exc:
            # It suppresses the exception of bind, which is noted.
            inner = exc.__context__
            if noting.active and attached(exc) is None and inner is not None:
                failure = attached(inner)
                if failure is not None:
                    attach(exc, failure)
            del inner
            raise

    return wrapper
