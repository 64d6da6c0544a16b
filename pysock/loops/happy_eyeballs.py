"""create_connection, also to all addresses of a name at once (RFC 8305).

Without `happy_eyeballs_delay` it is the standard function over our names: one
address after the other, so that the first one that does not answer holds up
the rest for the whole timeout. With it, the next address is tried after the
delay, or at once when an attempt has failed, and the first to connect wins.

All this is one thread and one C loop, so that it can be interrupted, and
leaves nothing behind.
"""

from __future__ import annotations

import socket as standard
import time
from sys import modules

from pysock.dropin.on_failure import report
from pysock.dropin.standard import rebind, standard_functions
from pysock.errors import (
    AllAttemptsFailedError,
)
from pysock.raw.calls import milliseconds_left, parse_address

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

    Returns:
        the connected socket; of the others none is left open.

    Raises:
        AllAttemptsFailedError: with a delay. It has the error of every
            address in `attempts`, and is also of the class of the last one,
            which is what the standard function raises.
        ConnectError: without a delay: the error of the last address.
        ResolveError: the name does not resolve.
        ValueError: the delay is negative.
    """
    if happy_eyeballs_delay is None:
        return _create_connection(  # type: ignore[no-any-return]
            address, timeout, source_address, all_errors=all_errors
        )
    if happy_eyeballs_delay < 0:
        raise ValueError("a delay is not negative")
    host, port = address
    found = _public["getaddrinfo"](host, port, 0, standard.SOCK_STREAM)
    if not found:
        raise OSError("getaddrinfo returns an empty list")
    race = _Race(interleave(found), timeout, source_address)
    winner = race.run(max(happy_eyeballs_delay, _SHORTEST_DELAY))
    if winner is not None:
        return winner
    errors = race.errors()
    try:
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        raise AllAttemptsFailedError.of(errors, address)
    finally:
        # A cycle: the traceback has this frame.
        errors.clear()
        del race


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
                "happy_eyeballs_delay and a non-blocking socket exclude "
                "each other"
            )
        self._attempts = Attempts(len(entries), limit)
        self._errors: dict[int, Exception] = {}
        self._next = 0

    def errors(self) -> list[Exception]:
        """The error of each attempt, in the order of the attempts."""
        return [self._errors[i] for i in sorted(self._errors)]

    def run(self, delay: float) -> socket | None:
        """Run until one is connected, or `None` when all have failed."""
        try:
            while self._start_next() or len(self._attempts):
                deadline: float | None = time.monotonic() + delay
                if self._next == len(self._entries):
                    deadline = None
                winner = self._wait(deadline)
                if winner is not None:
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
