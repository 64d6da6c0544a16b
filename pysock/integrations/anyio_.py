"""anyio on asyncio: reads and writes of its streams.

A protocol of its own stands between the transport and the stream, so what
ends a stream, or cancels a read, is in no frame of the transport's.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from types import SimpleNamespace

import anyio
from anyio._backends import _asyncio

from pysock.dropin.end_of_stream import end_of
from pysock.explain.end_of_stream import caller, keep
from pysock.explain.notes import attach, attached
from pysock.integrations import noting
from pysock.integrations.anyio_sockets import socket_of
from pysock.integrations.cancelled import failure_of_wait, note_cancelled
from pysock.integrations.scopes import cancelled_in_asyncio
from pysock.integrations.wraps import Wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.integrations.wraps import Method

_wraps = Wraps("anyio")


def wrap() -> None:
    """Wrap the reads and writes of anyio's streams on asyncio, once.

    What is not as we know it is left as it is, with one warning.
    """
    streams: Any = getattr(_asyncio, "SocketStream", SimpleNamespace)
    _wraps.place(
        (
            (streams, "receive", "self max_bytes", _receiving),
            (streams, "send", "self item", _sending),
        )
    )


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()


def _receiving(method: Method) -> Method:
    async def wrapper(self: Any, max_bytes: int = 65536) -> Any:
        started = monotonic()
        try:
            return await method(self, max_bytes)
        except anyio.EndOfStream as exc:
            sock = socket_of(self)
            if sock is not None:
                _note_end(sock, exc)
            del self, sock
            raise
        except asyncio.CancelledError as exc:
            _note_cancelled(exc, self, "recv", started)
            raise

    return wrapper


def _sending(method: Method) -> Method:
    async def wrapper(self: Any, item: Any) -> None:
        started = monotonic()
        try:
            await method(self, item)
        except asyncio.CancelledError as exc:
            _note_cancelled(exc, self, "send", started)
            raise

    return wrapper


def _note_cancelled(
    exc: asyncio.CancelledError, stream: Any, call: str, started: float
) -> None:
    sock = socket_of(stream)
    if sock is not None and noting.active:
        failure = failure_of_wait(sock, call, started)
        scopes = cancelled_in_asyncio(asyncio.current_task())
        note_cancelled(exc, failure, scopes)


def _note_end(sock: Any, exc: anyio.EndOfStream) -> None:
    """Note on an end how the connection stood, and keep it.

    Who reads may catch it, and make another exception of it later.
    """
    if not noting.active or attached(exc) is not None:
        return
    failure = end_of(sock)
    if failure is not None:
        attach(exc, failure)
        keep(failure, caller(2), exc.__traceback__)
