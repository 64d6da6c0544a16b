"""uvloop: what can be told of its failures from outside.

libuv makes the system calls, and what is written in Cython cannot be wrapped:
no evidence is left of a connect, nor of a TLS handshake. What is called from
there, asyncio's protocol of streams, is told of a failure and of an end while
the descriptor is still open.
"""

from __future__ import annotations

import asyncio
import functools
from asyncio.streams import StreamReaderProtocol
from time import monotonic

import uvloop

from pysock.errors import Origin, PeerClosedError, TlsError, deadline_error
from pysock.errors.handlers import from_handler
from pysock.explain.ended_objects import keep_of
from pysock.explain.notes import attach, attached
from pysock.explain.plain import told_by
from pysock.integrations import noting
from pysock.integrations.standing_for import is_ip, standing_for
from pysock.integrations.wraps import Wraps
from pysock.raw.evidence import tcp_info_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.integrations.wraps import Method, Wrap

_wraps = Wraps("asyncio")
# What create_connection of uvloop's class is now; it inherits it.
_placed: list[Any] = []


def wrap() -> None:
    """Wrap what uvloop calls, and the Python class over its loop, once."""
    _wraps.place(_WRAPPED)
    kind: Any = uvloop.Loop
    if _placed or "create_connection" in vars(kind):
        return
    kind.create_connection = wrapper = _connecting(kind.create_connection)
    _placed.append(wrapper)


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()
    kind: Any = uvloop.Loop
    while _placed:
        if vars(kind).get("create_connection") is _placed.pop():
            del kind.create_connection


def _connecting(method: Method) -> Method:
    @functools.wraps(method)
    async def create_connection(
        self: Any,
        protocol_factory: Any,
        host: Any = None,
        port: Any = None,
        **kwargs: Any,
    ) -> Any:
        started = monotonic()
        try:
            return await method(self, protocol_factory, host, port, **kwargs)
        except OSError as exc:
            _note_connect(exc, host, port, kwargs)
            del self, protocol_factory, kwargs
            raise
        except asyncio.CancelledError as exc:
            if not kwargs.get("ssl") and is_ip(host):
                _note_wait(exc, (host, port), started)
            del self, protocol_factory, kwargs
            raise

    return create_connection


def _note_connect(exc: OSError, host: Any, port: Any, options: Any) -> None:
    if not noting.active or host is None or attached(exc) is not None:
        return
    try:
        failure: SocketError | None
        if type(exc) is ConnectionResetError and not exc.args:
            # Only its TLS raises it so: the end of the stream.
            failure = ended = TlsError()
            ended.call, ended.in_handshake = "do_handshake", True
            ended.address, ended.ended = (host, port), "closed"
            ended.server_name = options.get("server_hostname") or host
            ended.origin = Origin("peer")
        else:
            failure = told_by(exc, (host, port))
        if failure is not None:
            attach(exc, failure)
    except Exception as problem:
        if from_handler(problem):
            raise


def _note_wait(
    exc: asyncio.CancelledError, address: Any, started: float
) -> None:
    if noting.active and attached(exc) is None:
        elapsed = monotonic() - started
        attach(
            exc, deadline_error("connect", elapsed=elapsed, address=address)
        )


def _is_uvloops(transport: Any) -> bool:
    return type(transport).__module__ == "uvloop.loop"


def _losing(method: Method) -> Method:
    """`connection_lost`: its descriptor is closed after that."""

    def wrapper(self: Any, exc: Any) -> None:
        if isinstance(exc, OSError) and _is_uvloops(self._transport):
            with standing_for(self._transport) as sock:
                if sock is not None:
                    noting.note(sock, "recv", exc)
        method(self, exc)

    return wrapper


def _ending(method: Method) -> Method:
    """`eof_received`: one reading, kept for what the reader raises."""

    def wrapper(self: Any) -> Any:
        if noting.active and _is_uvloops(self._transport):
            reader = self._stream_reader
            fd = self._transport.get_extra_info("socket").fileno()
            info = tcp_info_of(fd) if fd >= 0 else None
            if info is not None and reader is not None:
                failure = PeerClosedError("the stream has ended")
                failure.call, failure.tcp_info = "recv", info
                failure.address = self._transport.get_extra_info("peername")
                failure._fin_came, failure.origin = True, Origin("peer")
                keep_of(reader, failure)
        return method(self)

    return wrapper


_WRAPPED: tuple[Wrap, ...] = (
    (StreamReaderProtocol, "connection_lost", "self exc", _losing),
    (StreamReaderProtocol, "eof_received", "self", _ending),
)
