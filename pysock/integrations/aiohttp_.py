"""aiohttp's client: its own timers, and its "Server disconnected".

Exceptions are made in callbacks of its protocol, while the transport's socket
is still open, and raised in a task later.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from types import SimpleNamespace

from aiohttp import client_proto, streams

from pysock.dropin.funnel import failure_of
from pysock.errors.handlers import from_handler
from pysock.explain.chain import details
from pysock.explain.notes import attach, attached
from pysock.integrations import noting
from pysock.integrations.asyncio_ends import end_of_transport
from pysock.integrations.cancelled import failure_of_wait, note_cancelled
from pysock.integrations.scopes import cancelled_in_asyncio
from pysock.integrations.standing_for import standing_for
from pysock.integrations.wraps import Wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.integrations.wraps import Method

_wraps = Wraps("aiohttp")


def wrap() -> None:
    """Wrap what makes exceptions in aiohttp's client, once.

    What is not as we know it is left as it is, with one warning.
    """
    protocol: Any = getattr(client_proto, "ResponseHandler", SimpleNamespace)
    queue: Any = getattr(streams, "DataQueue", SimpleNamespace)
    body: Any = getattr(streams, "StreamReader", SimpleNamespace)
    _wraps.place(
        (
            (protocol, "_on_read_timeout", "self", _timing_out),
            (protocol, "connection_lost", "self exc", _losing),
            (queue, "read", "self", _answering),
            (body, "_wait", "self func_name", _waiting),
        )
    )


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()


def _timing_out(method: Method) -> Method:
    """`_on_read_timeout`: the timer of `ClientTimeout(sock_read=...)`."""

    def wrapper(self: Any) -> None:
        failure = _waited(self) if noting.active else None
        method(self)
        _note(_errors(self, None), failure)

    return wrapper


def _losing(method: Method) -> Method:
    """`connection_lost`: with an answer under way, or one to come."""

    def wrapper(self: Any, exc: Any) -> None:
        transport, payload = self.transport, self._payload
        known = {id(error) for error in _errors(self, payload)}
        method(self, exc)
        # Those that were there before tell of something else.
        made = [
            error for error in _errors(self, payload) if id(error) not in known
        ]
        if made:
            failure = attached(exc) if exc is not None else None
            if failure is None and noting.active:
                failure = end_of_transport(transport)
            _note(made, failure)

    return wrapper


def _answering(method: Method) -> Method:
    """`DataQueue.read`: the answer's head, cancelled by a limit on it all."""

    async def wrapper(self: Any) -> Any:
        started = monotonic()
        try:
            return await method(self)
        except asyncio.CancelledError as exc:
            if isinstance(self, client_proto.ResponseHandler):
                _note_cancelled(exc, self, started)
            raise

    return wrapper


def _waiting(method: Method) -> Method:
    """`StreamReader._wait`: the answer's body, likewise."""

    async def wrapper(self: Any, func_name: Any) -> Any:
        started = monotonic()
        try:
            return await method(self, func_name)
        except (asyncio.CancelledError, TimeoutError) as exc:
            # Its timer has made a timeout of the cancellation in there.
            _note_cancelled(exc, self._protocol, started)
            raise

    return wrapper


def _note_cancelled(exc: BaseException, protocol: Any, started: float) -> None:
    transport = protocol.transport
    if transport is None or not noting.active or attached(exc) is not None:
        return
    if not transport.is_closing():
        with standing_for(transport) as sock:
            failure = sock and failure_of_wait(sock, "recv", started)
        scopes = cancelled_in_asyncio(asyncio.current_task())
        note_cancelled(exc, failure, scopes)


def _waited(protocol: Any) -> SocketError | None:
    """What the read waits for that takes too long, reported."""
    transport = protocol.transport
    if transport is None or transport.is_closing():
        return None
    elapsed: float = protocol.read_timeout
    try:
        with standing_for(transport) as sock:
            failure = sock and failure_of(
                sock,
                "recv",
                TimeoutError("timed out"),
                started=monotonic() - elapsed,
            )
    except Exception as problem:
        if from_handler(problem):
            raise
        return None
    if failure is not None:
        failure.elapsed = elapsed
    return failure


def _note(errors: list[BaseException], failure: SocketError | None) -> None:
    """Note a failure on what the protocol, or the answer's body, raises."""
    if failure is None:
        return
    for error in errors:
        if details(error) is None:
            attach(error, failure)


def _errors(protocol: Any, payload: Any) -> list[BaseException]:
    holders = [one for one in (protocol, payload) if one is not None]
    errors = [one.exception() for one in holders]
    return [one for one in errors if isinstance(one, BaseException)]
