"""TLS in anyio, on asyncio and on trio: the exceptions of its TLSStream."""

from __future__ import annotations

import asyncio
import sys
from time import monotonic
from types import SimpleNamespace

from anyio.streams import tls

from pysock.integrations.anyio_sockets import socket_of
from pysock.integrations.cancelled import note_cancelled
from pysock.integrations.scopes import cancelled_in_asyncio, cancelled_in_trio
from pysock.integrations.tls_in_memory import (
    cancelled_handshake,
    note_session,
    shaking_hands,
)
from pysock.integrations.wraps import Wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pysock.integrations.wraps import Method

_wraps = Wraps("anyio")


def wrap() -> None:
    """Wrap what tells of a failed TLS session in anyio, once.

    What is not as we know it is left as it is, with one warning.
    """
    streams: Any = getattr(tls, "TLSStream", SimpleNamespace)
    _wraps.place(((streams, "_call_sslobject_method", "self func", _calling),))


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()


def _calling(method: Method) -> Method:
    async def wrapper(self: Any, func: Any, *args: Any) -> Any:
        handshake = func.__name__ == "do_handshake"
        started = monotonic() if handshake else 0.0
        try:
            if not handshake:
                return await method(self, func, *args)
            sock = socket_of(self.transport_stream)
            with shaking_hands(sock, self._ssl_object.server_hostname):
                return await method(self, func, *args)
        except Exception as exc:
            _note(self, exc, handshake)
            del self, func, args
            raise
        except BaseException as exc:
            # Cancelled: each backend has a class of its own for that.
            if handshake:
                _note_cancelled(self, exc, started)
            raise

    return wrapper


def _note(stream: Any, exc: Exception, handshake: bool) -> None:
    sock = socket_of(stream.transport_stream)
    if sock is not None:
        note_session(
            exc,
            sock,
            stream._ssl_object.server_hostname,
            stream._read_bio,
            in_handshake=handshake,
        )


def _note_cancelled(stream: Any, exc: BaseException, started: float) -> None:
    sock = socket_of(stream.transport_stream)
    if sock is not None:
        name = stream._ssl_object.server_hostname
        failure = cancelled_handshake(sock, name, started)
        note_cancelled(exc, failure, _scopes())


def _scopes() -> Iterator[Any]:
    """The cancelled scopes around the task, on whichever backend it is."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is not None:
        yield from cancelled_in_asyncio(task)
    elif "trio" in sys.modules:
        trio: Any = sys.modules["trio"]
        yield from cancelled_in_trio(trio.lowlevel.current_task())
