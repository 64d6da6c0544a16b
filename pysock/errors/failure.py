"""What a row of the catalogue is."""

from __future__ import annotations

from pysock.errors.base import SocketError
from pysock.errors.errno_names import errno_name
from pysock.tcp.record import Record


class Cause(Record):
    """One of the causes that a row of the catalogue can have.

    Attributes:
        code: its stable name, such as `connect-refused-reset`.
        meaning: what it means on Linux, in a sentence without a full stop.
        look: what to do about it, likewise, with `{host}`, `{port}` and
            `{address}` where an exception has one; `None` if there is
            nothing to do.
    """

    code: str
    meaning: str
    look: str | None


Cause.__module__ = "pysock.errors"


class Failure(Record):
    """One row of the catalogue.

    Attributes:
        number: the row's name in the documentation, such as "6a".
        situation: what happened, in the words of the field.
        calls: socket methods that raise it; `("any",)` for every call.
        errnos: the errno numbers; empty where the kernel gives none.
        error: the class.
        origins: kinds of `Origin` it can have; empty if nobody said no.
        causes: what can be behind it, one `Cause` or more.
    """

    number: str
    situation: str
    calls: tuple[str, ...]
    errnos: tuple[int, ...]
    error: type[SocketError]
    origins: tuple[str, ...]
    causes: tuple[Cause, ...]

    @property
    def errno_names(self) -> tuple[str, ...]:
        """The errnos by name, such as `ECONNREFUSED`."""
        return tuple(str(errno_name(number)) for number in self.errnos)

    @property
    def also(self) -> tuple[str, ...]:
        """The builtin exceptions that an old `except` line may name."""
        return tuple(
            base.__name__
            for base in self.error.__mro__
            if base.__module__ == "builtins"
            and base not in (OSError, Exception, BaseException, object)
        )


Failure.__module__ = "pysock.errors"
