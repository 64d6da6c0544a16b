"""A failure that is being explained, and what has been found out."""

from __future__ import annotations

from string import ascii_letters, digits

from pysock.errors import (
    CATALOGUE,
    AllAttemptsFailedError,
    SocketError,
    show_address,
)
from pysock.errors.escape import printable
from pysock.errors.told import Told
from pysock.explain.budget import Budget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import Cause
    from pysock.tcp.info import TcpInfo

    # A subject, and who finds out about it.
    Look = tuple[str, Callable[["Case"], Any]]

# What an advice may have in a command: hosts that are numeric or plain names.
_PLAIN = frozenset(f"{ascii_letters}{digits}.:%_-")

# Attempts of one connect that are named.
_MOST_SHOWN = 3


class Case:
    """What is known, what was found, and what will be said.

    Who looks puts what it finds into `found`; who tells makes `why`, `facts`
    and `try_` of the exception and of that.

    Attributes:
        error: the exception.
        code: its code.
        budget: the CPU that may still be taken for looking.
        naming: whether other processes may be named.
        found: what was looked up, by subject; without a subject that was not
            looked at, or could not be.
        why: the sentence; at first what the catalogue says of the cause.
        facts: what was seen.
        try_: what to do; at first the catalogue's advice, filled in.
    """

    __slots__ = (
        "budget",
        "code",
        "error",
        "facts",
        "found",
        "naming",
        "try_",
        "why",
    )

    def __init__(
        self,
        error: SocketError,
        budget: Budget | None = None,
        *,
        naming: bool = True,
    ) -> None:
        self.error: SocketError = error
        self.code: str = error.code
        self.budget: Budget = budget or Budget()
        self.naming: bool = naming
        self.found: dict[str, Any] = {}
        self.facts: list[str] = []
        cause = cause_of(error)
        self.why: str
        self.try_: str | None
        if cause is None:
            self.why, self.try_ = printable(error), None
        else:
            self.why, self.try_ = cause.meaning, self.fill(cause.look)

    @property
    def info(self) -> TcpInfo | None:
        """The reading that was taken at the failure."""
        return self.error.tcp_info

    @property
    def kind(self) -> str | None:
        """Who said no, as a word; see `Origin.kind`."""
        kind = getattr(self.error.origin, "kind", None)
        return kind if isinstance(kind, str) else None

    @property
    def peer(self) -> str:
        """The peer's address, or "the peer"; safe to print."""
        address = self.error.address
        return "the peer" if address is None else show_address(address)

    @property
    def host(self) -> str:
        """The peer's host, or "the peer"; safe to print."""
        address = self.error.address
        if not isinstance(address, tuple) or not address:
            return "the peer"
        host = printable(address[0])
        if len(address) == 4 and address[3]:
            host += f"%{printable(address[3])}"
        return host

    @property
    def port(self) -> str:
        """The peer's port, or "PORT"; safe to print."""
        address = self.error.address
        if not isinstance(address, tuple) or len(address) < 2:
            return "PORT"
        return printable(address[1])

    def fill(self, advice: str | None) -> str | None:
        """Fill an advice of the catalogue in.

        `None` where the exception does not know what the advice names: a
        command with a blank in it is no command.
        """
        if advice is None or "{" not in advice:
            return advice
        address = self.error.address
        if not isinstance(address, tuple) or len(address) < 2:
            return None
        if not self.host or not _PLAIN.issuperset(self.host):
            return None  # nothing that a shell takes as it stands
        return advice.format(host=self.host, port=self.port, address=self.peer)

    def told(self) -> Told:
        """What is said in the end."""
        facts = (*self.facts, *_attempts_before(self.error))
        return Told(self.why, facts, self.try_, self.code)


def _attempts_before(error: SocketError) -> list[str]:
    """What became of a name's other addresses, where several were tried."""
    if not isinstance(error, AllAttemptsFailedError):
        return []
    before = error.attempts[:-1]
    shown = [
        f"{show_address(attempt.address)} ({attempt.code})"
        for attempt in before[:_MOST_SHOWN]
        if isinstance(attempt, SocketError) and attempt.address is not None
    ]
    if not shown:
        return []
    more = len(before) - len(shown)
    rest = f" and {more:,} more" if more > 0 else ""
    return [f"tried before it: {', '.join(shown)}{rest}"]


def cause_of(error: SocketError) -> Cause | None:
    """Find the catalogue's cause of an exception: class and code together.

    A code alone, for one that a class has by somebody's setting it.
    """
    names = [base.__name__ for base in type(error).__mro__]
    others = None
    for row in CATALOGUE:
        for cause in row.causes:
            if cause.code == error.code:
                if row.error.__name__ in names:
                    return cause
                others = others or cause
    return others
