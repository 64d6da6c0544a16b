"""What wrapped what: from any exception to the failure behind it."""

from __future__ import annotations

from pysock.errors import SocketError
from pysock.explain.notes import attached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Where libraries keep what they caught, beside `__cause__`, `__context__`,
# `args` and the members of a group.
_ATTRIBUTES = ("reason", "os_error")

# What a class makes of them is its own affair.
_args = BaseException.args.__get__  # type: ignore[attr-defined]

# A chain that is longer was made by a loop.
_MOST = 1000


def details(exception: BaseException) -> SocketError | None:
    """Give the typed exception behind any exception.

    Args:
        exception: one of pysock's; one that the standard module raised while
            the noted face was installed; or what a library made of either.

    Returns:
        the nearest along its causes, contexts (suppressed ones too),
        arguments, `reason`, `os_error` and, for a group, its members. `None`
        if there is none.

    Never raises.
    """
    for link in chain(exception):
        found = link if isinstance(link, SocketError) else attached(link)
        if found is not None:
            return found
    return None


def chain(exception: BaseException) -> Iterator[BaseException]:
    """Go through an exception and all that it holds, the nearest first."""
    queue, seen = [exception], {id(exception)}
    for link in queue:
        yield link
        if len(queue) > _MOST:
            return
        for inner in _inside(link):
            # Not isinstance, which asks somebody's proxy what it stands for.
            kind = type(inner)
            if issubclass(kind, BaseException) and id(inner) not in seen:
                seen.add(id(inner))
                queue.append(inner)


def _inside(link: BaseException) -> Iterator[Any]:
    yield link.__cause__
    yield link.__context__
    yield from _args(link)
    for name in _ATTRIBUTES:
        try:
            yield getattr(link, name, None)
        except Exception:
            continue  # somebody's property
    if isinstance(link, BaseExceptionGroup):
        yield from link.exceptions
    # paramiko's, by address.
    errors = vars(link).get("errors")
    if isinstance(errors, dict):
        yield from list(errors.values())
