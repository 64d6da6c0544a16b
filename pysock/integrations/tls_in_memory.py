"""TLS over memory: what a library's stream raises is noted.

trio and anyio give OpenSSL memory to read and write, and carry it over a
connection themselves. What that knows is asked when they raise.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from time import monotonic

from pysock.errors.handlers import from_handler
from pysock.explain.notes import supersede
from pysock.integrations import handshakes, noting
from pysock.integrations.tls import note_tls
from pysock.integrations.tls_failure import in_handshake as of_handshake
from pysock.integrations.tls_failure import tls_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pysock.errors import SocketError, TlsError

# By the id() of each socket that is in the middle of a handshake: whom the
# certificate has to be for.
_going: dict[int, str | None] = {}


@contextmanager
def shaking_hands(sock: Any, name: str | None) -> Iterator[None]:
    """Tell of a failure meanwhile that it is the handshake's.

    Args:
        sock: of the standard class; `None` where it is not known.
        name: whom the certificate has to be for.
    """
    if sock is None or not noting.active:
        yield
        return
    _going[id(sock)] = name
    try:
        yield
    finally:
        _going.pop(id(sock), None)


def _of_handshake(sock: Any, failure: SocketError) -> SocketError | None:
    if id(sock) not in _going:
        return None
    return of_handshake(failure, _going[id(sock)])


handshakes.add(_of_handshake)


def note_session(
    exc: BaseException,
    sock: Any,
    name: str | None,
    incoming: ssl.MemoryBIO,
    *,
    in_handshake: bool,
) -> None:
    """Note what a library's stream raised.

    Args:
        exc: what it raised: an exception of OpenSSL's; its own, made of one,
            of a socket's or of the end of the stream.
        sock: of the standard class, still open.
        name: whom the certificate had to be for.
        incoming: where OpenSSL reads what came.
        in_handshake: whether the handshake was going on.

    Raises nothing but what a signal's handler raises meanwhile.
    """
    if not noting.active:
        return
    call = "do_handshake" if in_handshake else "recv"
    cause: BaseException | None = exc
    while cause is not None and not isinstance(cause, OSError):
        # Not __context__: the reads before have ended by SSLWantReadError.
        cause = cause.__cause__
    if isinstance(cause, ssl.SSLError):
        note_tls(
            sock,
            call,
            cause,
            name,
            in_handshake=in_handshake,
            said=lambda: unread(incoming),
        )
        return
    if not in_handshake or cause is not None:
        return  # what the socket has said is told as the handshake's
    try:
        ended = tls_failure(sock, call, ConnectionResetError(), name)
        if ended is not None:
            supersede(exc, ended)
    except Exception as problem:
        if from_handler(problem):
            raise


def cancelled_handshake(
    sock: Any, name: str | None, started: float
) -> TlsError | None:
    """Make the typed exception of a handshake that was cancelled.

    Args:
        sock: of the standard class, still open.
        name: whom the certificate had to be for.
        started: a time of `time.monotonic()`, in seconds.

    Returns:
        the exception, not reported: a program that stops cancels what waits.
        `None` where there is nothing to add.
    """
    if not noting.active:
        return None
    try:
        return tls_failure(
            sock,
            "do_handshake",
            TimeoutError("timed out"),
            name,
            elapsed=monotonic() - started,
        )
    except Exception as problem:
        if from_handler(problem):
            raise
        return None


def unread(incoming: ssl.MemoryBIO) -> bytes | None:
    """What came from the peer and OpenSSL has not taken; it stays there."""
    data = incoming.read()
    if not data:
        return None
    try:
        incoming.write(data)
    except ssl.SSLError:
        pass  # its end has been written; nobody reads it any more
    return data
