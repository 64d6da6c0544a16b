"""The exception for a name of which every address was tried in vain."""

from __future__ import annotations

from pysock.errors.base import SocketError, show_address, variant
from pysock.errors.tree import ConnectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_CARRIED = (
    "call",
    "address",
    "local_address",
    "elapsed",
    "tcp_info",
    "origin",
    "_resolved_in",
)


class AllAttemptsFailedError(ConnectError):
    """Every address of a name was tried, and none could be connected to.

    `args`, `errno`, `origin`, `address` and the rest are those of the last
    attempt, and so is the class, in addition: that is the one exception which
    the standard `create_connection` raises, so an old `except` line catches
    what it always did. It cannot be an `ExceptionGroup` as well, because
    `OSError` and that class have different layouts in C; its `__cause__` is
    one, so that a traceback shows every attempt.

    Attributes:
        attempts: the exception of each address, in the order in which they
            were tried; each with its own `address`, `origin`, `elapsed`.
        target: what was to be connected to, as it was given.
        untried: the addresses that were left when a deadline ended it.
    """

    __module__ = "pysock.errors"

    attempts: tuple[Exception, ...] = ()
    untried: tuple[tuple[Any, ...], ...] = ()
    target: Any = None

    @classmethod
    def of(
        cls, attempts: Sequence[Exception], target: Any
    ) -> AllAttemptsFailedError:
        """Make it from the errors of all attempts, one at least."""
        last = attempts[-1]
        kind: Any = variant(cls, *_named_classes(type(last)))
        error: AllAttemptsFailedError = kind(*last.args)
        if isinstance(last, SocketError):
            error.errno = last.errno
            for name in _CARRIED:
                setattr(error, name, getattr(last, name))
        error.attempts = tuple(attempts)
        error.target = target
        error.__cause__ = ExceptionGroup(
            f"attempts to connect to {show_address(target)}", attempts
        )
        return error

    def to_dict(self) -> dict[str, Any]:
        """Everything that this exception carries, each attempt included."""
        attempts = [
            attempt.to_dict()
            if isinstance(attempt, SocketError)
            else {"error": type(attempt).__name__, "message": str(attempt)}
            for attempt in self.attempts
        ]
        untried = [list(address) for address in self.untried]
        return super().to_dict() | {"attempts": attempts, "untried": untried}

    def __str__(self) -> str:
        text = super().__str__()
        count = len(self.attempts)
        if count < 2:
            return text
        target = show_address(self.target)
        return f"{text} (the last of {count} addresses of {target})"


def _named_classes(
    kind: type[BaseException],
) -> tuple[type[BaseException], ...]:
    """The classes that a variant is made of; pickle finds those by name."""
    if issubclass(kind, SocketError) and kind._mixins:
        return (kind.__mro__[1], *kind._mixins)
    return (kind,)
