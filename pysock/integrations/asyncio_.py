"""asyncio: the exceptions that its event loop makes of a socket's failure.

The selector loop takes SO_ERROR of a connect itself and makes an exception of
its own; what evidence there is outlives that, and is read right after. A
timeout is a cancellation, of which the socket is not told. Transports call
the methods of the class, which are noted already.
"""

from __future__ import annotations

import asyncio
from asyncio.base_events import BaseEventLoop
from asyncio.selector_events import BaseSelectorEventLoop
from contextvars import ContextVar
from time import monotonic

from pysock.errors import AllAttemptsFailedError
from pysock.explain.notes import attach, attached
from pysock.integrations import noting
from pysock.integrations.asyncio_ends import keep_end
from pysock.integrations.cancelled import failure_of_wait, note_cancelled
from pysock.integrations.scopes import cancelled_in_asyncio
from pysock.integrations.standing_for import standing_for
from pysock.integrations.wraps import Wraps, giving_a_coroutine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.integrations.wraps import Method, Wrap

_wraps = Wraps("asyncio")

# The failed attempts of the create_connection that is running.
_attempts: ContextVar[list[OSError] | None] = ContextVar(
    "pysock_attempts", default=None
)


def wrap() -> None:
    """Wrap what makes exceptions in asyncio's own loops, once.

    What an interpreter has otherwise than 3.11 to 3.15 is left as it is, with
    one warning.
    """
    _wraps.place(_WRAPPED)


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()


def _verdict(method: Method) -> Method:
    """`_sock_connect_cb`: a connect has ended, one way or the other."""

    def wrapper(self: Any, fut: Any, sock: Any, address: Any) -> None:
        method(self, fut, sock, address)
        # Not exception(): who asks by that is taken to have seen it.
        error = fut._exception if fut.done() else None
        if isinstance(error, OSError):
            noting.note(sock, "connect", error, address=address, is_loops=True)
        del error, fut

    return wrapper


def _connecting(method: Method) -> Method:
    """`sock_connect`: cancelled, most often by somebody's timeout."""

    async def wrapper(self: Any, sock: Any, address: Any) -> Any:
        started = monotonic()
        try:
            return await method(self, sock, address)
        except asyncio.CancelledError as exc:
            _note_cancelled(sock, "connect", exc, started, address)
            raise

    return wrapper


def _waiting(call: str) -> Callable[[Method], Method]:
    """`sock_recv` and its like, cancelled while they wait."""

    def make(method: Method) -> Method:
        async def wrapper(self: Any, sock: Any, *args: Any) -> Any:
            started = monotonic()
            try:
                return await method(self, sock, *args)
            except asyncio.CancelledError as exc:
                _note_cancelled(sock, call, exc, started)
                raise

        return wrapper

    return make


def _streaming(method: Method) -> Method:
    """`StreamReader._wait_for_data`: a reader waits for its transport."""

    async def wrapper(self: Any, func_name: Any) -> Any:
        started = monotonic()
        try:
            await method(self, func_name)
        except asyncio.CancelledError as exc:
            transport = getattr(self, "_transport", None)
            if transport is not None:
                _note_stream(transport, "recv", exc, started)
            raise
        if self._eof and func_name == "read" and not self._buffer:
            # read() gives nothing, to whoever called that.
            keep_end(self, 2)

    return wrapper


def _draining(method: Method) -> Method:
    """`StreamWriter.drain`: the transport's buffer does not empty."""

    async def waiting(self: Any) -> Any:
        started = monotonic()
        try:
            return await method(self)
        except asyncio.CancelledError as exc:
            _note_stream(self.transport, "send", exc, started)
            raise

    def wrapper(self: Any) -> Any:
        if getattr(self._protocol, "_paused", True):
            return waiting(self)
        return method(self)

    return giving_a_coroutine(wrapper)  # type: ignore[no-any-return]


def _attempting(method: Method) -> Method:
    """`_connect_sock`: one address of a name."""

    async def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await method(self, *args, **kwargs)
        except OSError as exc:
            attempts = _attempts.get()
            if attempts is not None:
                attempts.append(exc)
            # Among these is a list that holds the exception: a circle, as
            # its traceback leads to here.
            del self, args, kwargs, attempts
            raise

    return wrapper


def _trying_all(method: Method) -> Method:
    """`create_connection`: of several addresses asyncio keeps the texts."""

    async def wrapper(
        self: Any, protocol_factory: Any, *args: Any, **kwargs: Any
    ) -> Any:
        attempts: list[OSError] = []
        token = _attempts.set(attempts)
        try:
            return await method(self, protocol_factory, *args, **kwargs)
        except OSError as exc:
            _note_all(exc, attempts, args[:2])
            raise
        finally:
            _attempts.reset(token)
            # Each has a traceback that leads back to here.
            attempts.clear()

    return wrapper


def _note_all(exc: OSError, attempts: list[OSError], target: Any) -> None:
    """Note on what create_connection raised every attempt there was."""
    if not noting.active or attached(exc) is not None:
        return
    failures = [attached(attempt) for attempt in attempts]
    known = [failure for failure in failures if failure is not None]
    if len(known) > 1:
        attach(exc, AllAttemptsFailedError.of(known, target))
    elif known:
        attach(exc, known[0])


def _note_stream(
    transport: Any, call: str, exc: asyncio.CancelledError, started: float
) -> None:
    if not transport.is_closing():
        with standing_for(transport) as sock:
            _note_cancelled(sock, call, exc, started)


def _note_cancelled(
    sock: Any,
    call: str,
    exc: asyncio.CancelledError,
    started: float,
    address: Any = None,
) -> None:
    """Note on a cancellation what the socket was waiting for.

    `asyncio.timeout` and `wait_for` raise their TimeoutError from it.
    """
    if not noting.active or sock is None or attached(exc) is not None:
        return
    failure = failure_of_wait(noting.real_socket(sock), call, started, address)
    scopes = cancelled_in_asyncio(asyncio.current_task())
    note_cancelled(exc, failure, scopes)


_WRAPPED: tuple[Wrap, ...] = (
    (
        BaseSelectorEventLoop,
        "_sock_connect_cb",
        "self fut sock address",
        _verdict,
    ),
    (BaseSelectorEventLoop, "sock_connect", "self sock address", _connecting),
    (BaseSelectorEventLoop, "sock_recv", "self sock n", _waiting("recv")),
    (
        BaseSelectorEventLoop,
        "sock_recv_into",
        "self sock buf",
        _waiting("recv_into"),
    ),
    (
        BaseSelectorEventLoop,
        "sock_sendall",
        "self sock data",
        _waiting("sendall"),
    ),
    (
        BaseEventLoop,
        "_connect_sock",
        "self exceptions addr_info local_addr_infos",
        _attempting,
    ),
    (
        BaseEventLoop,
        "create_connection",
        "self protocol_factory host port",
        _trying_all,
    ),
    (asyncio.StreamReader, "_wait_for_data", "self func_name", _streaming),
    (asyncio.StreamWriter, "drain", "self", _draining),
)
