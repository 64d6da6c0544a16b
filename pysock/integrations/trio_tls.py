"""TLS in trio: the exceptions of its SSLStream."""

from __future__ import annotations

from time import monotonic
from types import SimpleNamespace

import trio
from trio import _ssl

from pysock.integrations import noting
from pysock.integrations.cancelled import note_cancelled
from pysock.integrations.scopes import cancelled_in_trio
from pysock.integrations.tls_in_memory import (
    cancelled_handshake,
    note_session,
    shaking_hands,
)
from pysock.integrations.wraps import Wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.integrations.wraps import Method

_wraps = Wraps("trio")


def wrap() -> None:
    """Wrap what tells of a failed TLS session in trio, once.

    What is not as we know it is left as it is, with one warning.
    """
    streams: Any = getattr(_ssl, "SSLStream", SimpleNamespace)
    _wraps.place(((streams, "_retry", "self fn", _retrying),))


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()


def _retrying(method: Method) -> Method:
    async def wrapper(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        handshake = bool(kwargs.get("is_handshake"))
        started = monotonic() if handshake else 0.0
        try:
            if not handshake:
                return await method(self, fn, *args, **kwargs)
            name = self._ssl_object.server_hostname
            with shaking_hands(_socket_of(self), name):
                return await method(self, fn, *args, **kwargs)
        except trio.BrokenResourceError as exc:
            sock = _socket_of(self)
            if sock is not None:
                note_session(
                    exc,
                    sock,
                    self._ssl_object.server_hostname,
                    self._incoming,
                    in_handshake=handshake,
                )
            del self, fn, args, kwargs, sock
            raise
        except trio.Cancelled as exc:
            sock = _socket_of(self) if handshake else None
            if sock is not None:
                task = trio.lowlevel.current_task()
                failure = cancelled_handshake(sock, name, started)
                note_cancelled(exc, failure, cancelled_in_trio(task))
                del task
            raise

    return wrapper


def _socket_of(stream: Any) -> Any:
    """The socket under a stream; `None` where it is none of trio's own."""
    below = getattr(stream, "transport_stream", None)
    if not isinstance(below, trio.SocketStream):
        return None
    sock = noting.real_socket(below.socket)
    return sock if noting.is_standard(sock) else None
