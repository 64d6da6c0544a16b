"""What a scenario is: a function that makes one row's failure for real.

It is called once for each family, makes the situation with sockets, and
returns what `seen` saw. It never raises or makes the exception itself.
"""

from __future__ import annotations

import errno

from pysock.errors import CATALOGUE, SocketError
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pysock
    from pysock import TcpState
    from pysock.cli.tour.loopback import Loopback
    from pysock.errors import Failure


class Seen(Record):
    """What a call came to.

    Attributes:
        error: the exception, as the program would have caught it; `None` if
            nothing failed.
        state: the TCP state at the failure, where there is one.
        explanation: `error.explain()`, asked while the sockets still exist.
    """

    error: OSError | None
    state: TcpState | None
    explanation: str


class CannotMakeError(Exception):
    """This machine, or this user, cannot make the situation; says why."""


def seen(
    sock: pysock.socket | None, call: Callable[..., Any], *arguments: Any
) -> Seen:
    """Make a call that should fail, and keep how it failed."""
    try:
        call(*arguments)
    except OSError as error:
        return described(sock, error)
    return Seen(None, _state_of(sock), f"{call.__name__} did not fail")


def not_made(error: Exception) -> Seen:
    """What is known when a scenario fell over before its failure."""
    return Seen(None, None, f"it could not be made: {error!r}")


def described(sock: pysock.socket | None, error: OSError) -> Seen:
    """What is known about an exception that was caught."""
    if not isinstance(error, SocketError):
        return Seen(error, None, f"not a SocketError: {error!r}")
    info = error.tcp_info
    state = info.state if info is not None else _state_of(sock)
    return Seen(error, state, str(error.explain()))


def _state_of(sock: pysock.socket | None) -> TcpState | None:
    try:
        return sock.tcp_state() if sock is not None else None
    except SocketError:
        return None  # closed, or not TCP


class Scenario:
    """One way to a row of the catalogue.

    Attributes:
        number: the row.
        row: the row itself; of several with this number, the one with the
            class.
        kind: the class that must come.
        errno_name: the errno that must come; `None` if the row has none.
        origin: the kind of origin that must come; `None` for no origin.
        families: 4, 6 or both; `(0,)` where it does not matter.
        is_slow: whether it waits for a timer of the kernel.
        situation: the function's docstring: how it is made.
    """

    def __init__(
        self,
        make: Callable[[Loopback], Seen],
        number: str,
        kind: type[SocketError],
        errno_name: str | None,
        origin: str | None,
        families: tuple[int, ...],
        is_slow: bool,
    ) -> None:
        self.make = make
        self.number = number
        self.kind = kind
        self.errno_name = errno_name
        self.origin = origin
        self.families = families
        self.is_slow = is_slow
        self.situation: str = str(make.__doc__).partition("\n")[0]
        self.row = _row(number, kind)

    def is_kept(self, found: Seen) -> bool:
        """Whether what was seen is what the catalogue promises."""
        error = found.error
        if not isinstance(error, SocketError):
            return False
        origin = error.origin.kind if error.origin is not None else None
        return (
            # By name: a variant differs from its class by a base only.
            type(error).__name__ == self.kind.__name__
            and isinstance(error, self.kind)
            and errno_name(error) == self.errno_name
            and origin == self.origin
        )


def errno_name(error: OSError) -> str | None:
    """The errno by name; `None` for an EAI number, which is none."""
    from socket import gaierror

    if error.errno is None or isinstance(error, gaierror):
        return None
    if error.errno == errno.EOPNOTSUPP:
        return "EOPNOTSUPP"  # Python's table has ENOTSUP for this number
    return errno.errorcode.get(error.errno, str(error.errno))


def _row(number: str, kind: type[SocketError]) -> Failure:
    rows = [row for row in CATALOGUE if row.number == number]
    return next((row for row in rows if row.error is kind), rows[0])


SCENARIOS: list[Scenario] = []


def scenario(
    number: str,
    kind: type[SocketError],
    errno_name: str | None = None,
    origin: str | None = None,
    *,
    families: tuple[int, ...] = (4, 6),
    slow: bool = False,
) -> Callable[[Callable[[Loopback], Seen]], Callable[[Loopback], Seen]]:
    """Put a function into the tour, with what must come of it."""

    def put(make: Callable[[Loopback], Seen]) -> Callable[[Loopback], Seen]:
        SCENARIOS.append(
            Scenario(make, number, kind, errno_name, origin, families, slow)
        )
        return make

    return put
