"""What a cancelled call waited for, for the timeout that is made of it."""

from __future__ import annotations

from time import monotonic

from pysock.dropin.funnel import unreported_failure_of
from pysock.errors import TlsError
from pysock.errors.handlers import from_handler
from pysock.explain.end_of_stream import keep_wait
from pysock.explain.notes import attached, supersede
from pysock.integrations import noting
from pysock.raw.evidence import tcp_info_of
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pysock.errors import SocketError

# Of a connect that has not ended.
_ON_ITS_WAY = frozenset({TcpState.SYN_SENT, TcpState.SYN_RECV})


def failure_of_wait(
    sock: Any, call: str, started: float, address: Any = None
) -> SocketError | None:
    """Make the typed exception of a wait that was cancelled.

    Args:
        sock: of the standard class, still open.
        call: the method that waited; a `send` that waited for the connect is
            called one.
        started: a time of `time.monotonic()`, in seconds.
        address: what was given to `connect`.

    Returns:
        the exception, not reported: a program that stops cancels what waits.
        `None` where there is nothing to add, and of a listener.

    Raises nothing but what a signal's handler raises meanwhile.
    """
    elapsed = monotonic() - started
    try:
        if call == "send":
            info = tcp_info_of(sock.fileno())
            if info is not None and info.state in _ON_ITS_WAY:
                call = "connect"
        failure = unreported_failure_of(
            sock,
            call,
            TimeoutError("timed out"),
            address=address,
            started=started,
        )
    except Exception as problem:
        if from_handler(problem):
            raise
        return None
    if failure is not None:
        if failure.elapsed is None or call != "connect":
            failure.elapsed = elapsed
        info = failure.tcp_info
        if info is not None and info.state is TcpState.LISTEN:
            return None
    return failure


def note_cancelled(
    exc: BaseException, failure: SocketError | None, scopes: Iterable[Any]
) -> None:
    """Note what was waited for on a cancellation, and keep it.

    A timeout may be raised from it, or in another task by one of its scopes.

    Args:
        exc: the cancellation; one that is noted already keeps its note,
            unless the read that was cancelled is one of a TLS handshake.
        failure: what was waited for; `None` if that is not known.
        scopes: the scopes of trio or anyio that were cancelled.

    Raises nothing but what a signal's handler raises meanwhile.
    """
    if failure is None or not noting.active:
        return
    try:
        keep_wait(failure, scopes)
        if attached(exc) is None or isinstance(failure, TlsError):
            supersede(exc, failure)
    except Exception as problem:
        if from_handler(problem):
            raise
