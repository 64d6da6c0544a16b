"""create_connection, also to all addresses of a name at once (RFC 8305).

Without `happy_eyeballs_delay` it is the standard function over our names: one
address after the other, so that the first one that does not answer holds up
the rest for the whole timeout. With it, the next address is tried after the
delay, or at once when an attempt has failed, and the first to connect wins.

With `deadline` all of it has so many seconds, the name server's time included.

All this is one thread and one C loop, so that it can be interrupted, and
leaves nothing behind.
"""

from __future__ import annotations

import socket as standard
import time
from sys import modules

from pysock.dropin.on_failure import report
from pysock.dropin.standard import rebind, standard_functions
from pysock.errors import AllAttemptsFailedError, SocketError
from pysock.raw.calls import check_timeout, milliseconds_left, parse_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.socket import socket

_public = modules["pysock"].__dict__
_create_connection = rebind(standard_functions["create_connection"], _public)
_DEFAULT: Any = standard._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]

# RFC 8305, section 5: less floods a network, more is no help.
_SHORTEST_DELAY = 0.01


def create_connection(
    address: tuple[Any, Any],
    timeout: Any = _DEFAULT,
    source_address: Any = None,
    *,
    all_errors: bool = False,
    happy_eyeballs_delay: float | None = None,
    deadline: float | None = None,
) -> socket:
    """Connect to a host and a port, as `socket.create_connection`.

    Args:
        address: `(host, port)`; the host may be a name with any number of
            addresses.
        timeout: seconds for each address, and the timeout of the socket;
            `None`: none; if not given, the default timeout.
        source_address: `(host, port)` to bind to, or `None`.
        all_errors: raise an `ExceptionGroup` with the error of each address.
        happy_eyeballs_delay: `None`: one address after the other. Else
            seconds after which the next address is tried beside those that
            have not answered; RFC 8305 recommends 0.25. Values under 0.01
            count as 0.01. Addresses are tried in the order of `getaddrinfo`,
            but IPv6 and IPv4 by turns.
        deadline: seconds for everything together: resolving the name, also
            with a name server that does not answer, and all addresses;
            `None`: no such limit. `timeout` stays the limit of each address.

    Returns:
        the connected socket; of the others none is left open.

    Raises:
        AllAttemptsFailedError: with a delay or a deadline. It has the
            error of every address that was tried in `attempts`, and is also
            of the class of the last one, which is what the standard function
            raises.
        ConnectError: without either: the error of the last address.
        ResolveError: the name does not resolve; or not before the deadline,
            then it is a `TimeoutError` too.
        ValueError: the delay or the deadline is negative, or no number.
    """
    if happy_eyeballs_delay is None and deadline is None:
        return _create_connection(  # type: ignore[no-any-return]
            address, timeout, source_address, all_errors=all_errors
        )
    delay = happy_eyeballs_delay
    check_timeout(delay, "delay")
    check_timeout(deadline)
    # Not at import: few programs want it.
    from pysock.loops.resolving import resolve

    host, port = address
    began = time.monotonic()
    until = None if deadline is None else began + deadline
    found = resolve(host, port, until)
    resolved_in = None if deadline is None else time.monotonic() - began
    if not found:
        raise OSError("getaddrinfo returns an empty list")
    race = _Race(
        found if delay is None else interleave(found), timeout, source_address
    )
    winner = race.run(
        None if delay is None else max(delay, _SHORTEST_DELAY), until
    )
    if winner is not None:
        return winner
    errors = race.errors()
    _note_resolving(errors, resolved_in)
    failure: AllAttemptsFailedError | None = None
    try:
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        failure = AllAttemptsFailedError.of(errors, address)
        failure.untried = race.untried()
        raise failure
    finally:
        # A cycle: the traceback has this frame.
        errors.clear()
        failure = None
        del race


def _note_resolving(errors: list[Exception], seconds: float | None) -> None:
    """Say in each explanation how much of the deadline the name took."""
    for error in errors:
        if isinstance(error, SocketError):
            error._resolved_in = seconds


def interleave(found: list[Any]) -> list[Any]:
    """Order addresses so that the families take turns (section 4).

    The first family keeps its place; within a family nothing moves.
    """
    families: dict[int, list[Any]] = {}
    for entry in found:
        families.setdefault(entry[0], []).append(entry)
    ordered = []
    queues = list(families.values())
    for turn in range(max(map(len, queues))):
        ordered += [queue[turn] for queue in queues if turn < len(queue)]
    return ordered


def _earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two times, either of which may be missing."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


class _Race:
    """Attempts that were started one after the other, side by side."""

    def __init__(
        self, entries: list[Any], timeout: Any, source_address: Any
    ) -> None:
        self._entries = entries
        # Not at import: few programs race.
        from pysock.loops.connect_many import Attempts

        self._timeout = timeout
        self._source_address = source_address
        limit = (
            standard.getdefaulttimeout() if timeout is _DEFAULT else timeout
        )
        if limit == 0:
            raise ValueError(
                "a non-blocking socket excludes happy_eyeballs_delay and "
                "deadline"
            )
        self._attempts = Attempts(len(entries), limit)
        self._errors: dict[int, Exception] = {}
        self._next = 0

    def errors(self) -> list[Exception]:
        """The error of each attempt, in the order of the attempts."""
        return [self._errors[i] for i in sorted(self._errors)]

    def untried(self) -> tuple[tuple[Any, ...], ...]:
        """The addresses that were never started."""
        return tuple(entry[4] for entry in self._entries[self._next :])

    def run(self, delay: float | None, until: float | None) -> socket | None:
        """Run until one is connected, or `None` when all have failed.

        Args:
            delay: seconds after which the next is started beside the others;
                `None`: when those have failed.
            until: a time of `time.monotonic()` at which all of them have
                failed; `None`: never.
        """
        try:
            while self._start_next() or len(self._attempts):
                next_one = None
                if delay is not None and self._next < len(self._entries):
                    next_one = time.monotonic() + delay
                winner = self._wait(_earlier(next_one, until))
                if winner is not None:
                    return winner
                if until is not None and time.monotonic() >= until:
                    # Who has connected in this moment still wins.
                    self._attempts.give_up()
                    while winner is None and len(self._attempts):
                        winner = self._wait(until)
                    return winner
            return None
        finally:
            self._attempts.close()

    def _wait(self, deadline: float | None) -> socket | None:
        """Wait for a winner, a failure or the deadline."""
        before = len(self._errors)
        winner = None
        while winner is None and len(self._errors) == before:
            left = milliseconds_left(deadline)
            for key, sock, error, *_ in self._attempts.step(left):
                if error is not None:
                    self._errors[key] = report(error)
                elif winner is None:
                    winner = sock
                elif sock is not None:
                    sock.close()
            if left == 0:
                break
        return winner

    def _start_next(self) -> bool:
        """Start the next one that can be started; whether there was one."""
        while self._next < len(self._entries):
            number = self._next
            self._next += 1
            family, kind, proto, _, numeric = self._entries[number]
            sock = None
            try:
                target = parse_address(family, numeric)
                if target is None:
                    raise OSError(f"not an address to connect to: {numeric}")
                sock = _public["socket"](family, kind, proto)
                if self._timeout is not _DEFAULT:
                    sock.settimeout(self._timeout)
                if self._source_address:
                    sock.bind(self._source_address)
            except OSError as exc:
                self._errors[number] = exc
                if sock is not None:
                    sock.close()
                continue
            except BaseException:
                if sock is not None:
                    sock.close()
                raise
            self._attempts.start(sock, target, numeric, number)
            return True
        return False
