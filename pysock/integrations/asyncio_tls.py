"""TLS in asyncio: the exceptions that its SSLProtocol makes.

OpenSSL works on memory there, and the transport under it reads and writes the
socket. That is still open when the protocol tells of a failure, and knows how
the connection stands.
"""

from __future__ import annotations

import asyncio
from asyncio import base_events, sslproto
from time import monotonic

from pysock.explain.notes import attach, attached
from pysock.integrations import handshakes, noting
from pysock.integrations.tls import note_tls
from pysock.integrations.tls_failure import in_handshake
from pysock.integrations.tls_in_memory import cancelled_handshake, unread
from pysock.integrations.wraps import Wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.integrations.wraps import Method, Wrap

_wraps = Wraps("asyncio")

# Where an exception comes from that TLS itself has raised. What a program's
# protocol raises in data_received() comes the same way.
_ITS_OWN = frozenset({"ssl", "asyncio.sslproto"})
_SHAKING = sslproto.SSLProtocolState.DO_HANDSHAKE


def wrap() -> None:
    """Wrap what tells of a failed TLS session in asyncio, once.

    What an interpreter has otherwise than 3.11 to 3.15 is left as it is, with
    one warning.
    """
    _wraps.place(_WRAPPED)
    handshakes.add(_of_handshake)


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    handshakes.remove(_of_handshake)
    _wraps.undo()


def _failing(method: Method) -> Method:
    """`_fatal_error`: of a handshake, its time limit, or a session."""

    def wrapper(self: Any, exc: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(exc, OSError) and _is_its_own(exc):
            sock = _socket_of(self._transport)
            if sock is not None:
                handshake = "ssl_object" not in self._extra
                note_tls(
                    sock,
                    "do_handshake" if handshake else "recv",
                    exc,
                    self._server_hostname,
                    in_handshake=handshake,
                    elapsed=self._ssl_handshake_timeout,
                    said=lambda: unread(self._incoming),
                )
        method(self, exc, *args, **kwargs)

    return wrapper


def _of_handshake(sock: Any, failure: SocketError) -> SocketError | None:
    """Tell of a transport's own failure what it was in the middle of."""
    loop = asyncio._get_running_loop()
    # By the descriptor, as the selector loop keeps them.
    transports = getattr(loop, "_transports", {})
    transport = transports.get(sock.fileno())
    protocol: Any = getattr(transport, "_protocol", None)
    if (
        isinstance(protocol, sslproto.SSLProtocol)
        and getattr(protocol, "_state", None) is _SHAKING
        and _socket_of(transport) is sock
    ):
        return in_handshake(failure, protocol._server_hostname)
    return None


def _making(method: Method) -> Method:
    """`_create_connection_transport`: cancelled during the handshake."""

    async def wrapper(
        self: Any,
        sock: Any,
        protocol_factory: Any,
        ssl: Any,
        server_hostname: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        started = monotonic()
        try:
            return await method(
                self,
                sock,
                protocol_factory,
                ssl,
                server_hostname,
                *args,
                **kwargs,
            )
        except asyncio.CancelledError as exc:
            if ssl:
                _note_cancelled(sock, exc, server_hostname, started)
            raise
        finally:
            del self, sock, protocol_factory, args, kwargs

    return wrapper


def _starting(method: Method) -> Method:
    """`start_tls`: cancelled during the handshake."""

    async def wrapper(
        self: Any,
        transport: Any,
        protocol: Any,
        sslcontext: Any,
        **kwargs: Any,
    ) -> Any:
        started = monotonic()
        try:
            return await method(
                self, transport, protocol, sslcontext, **kwargs
            )
        except asyncio.CancelledError as exc:
            sock = _socket_of(transport)
            if sock is not None:
                name = kwargs.get("server_hostname")
                _note_cancelled(sock, exc, name, started)
            raise
        finally:
            del self, transport, protocol, kwargs

    return wrapper


def _note_cancelled(
    sock: Any, exc: asyncio.CancelledError, name: Any, started: float
) -> None:
    """Note how far a handshake had come when somebody's time was up.

    Not reported: a program that stops cancels what waits.
    """
    if noting.active and attached(exc) is None:
        failure = cancelled_handshake(sock, name, started)
        if failure is not None:
            attach(exc, failure)


def _socket_of(transport: Any) -> Any:
    """The socket under a transport of asyncio's own; else `None`."""
    if not isinstance(transport, asyncio.Transport):
        return None
    sock = noting.real_socket(transport.get_extra_info("socket"))
    return sock if noting.is_standard(sock) else None


def _is_its_own(exc: OSError) -> bool:
    """Whether TLS has raised it, and not a program's code called from it."""
    entry = exc.__traceback__
    while entry is not None:
        if entry.tb_frame.f_globals.get("__name__") not in _ITS_OWN:
            return False
        entry = entry.tb_next
    return True


_WRAPPED: tuple[Wrap, ...] = (
    (sslproto.SSLProtocol, "_fatal_error", "self exc message", _failing),
    (
        base_events.BaseEventLoop,
        "_create_connection_transport",
        "self sock protocol_factory ssl server_hostname",
        _making,
    ),
    (
        base_events.BaseEventLoop,
        "start_tls",
        "self transport protocol sslcontext",
        _starting,
    ),
)
