"""Put the explanation on an exception that a standard method has raised."""

from __future__ import annotations

import _socket
from time import monotonic

from pysock.dropin.transfer import TransferSocket
from pysock.errors.handlers import from_handler
from pysock.integrations import handshakes
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.funnel import failure_of
    from pysock.explain.ended_objects import keep_of
    from pysock.explain.notes import attach, attached
else:
    late(
        globals(),
        "dropin.funnel.failure_of",
        "explain.ended_objects.keep_of",
        "explain.notes.attach",
        "explain.notes.attached",
    )

# Calls whose failure ends no connection.
_NO_END = frozenset({"connect", "accept", "socket"})

# Whether the noted face is installed. A wrapper may outlive its time in the
# class: somebody's patch saved it, and put it back after `uninstall()`.
active = False


def switch(on: bool) -> None:
    """Let exceptions be noted from now on, or no more."""
    global active
    active = on


def note(
    sock: Any,
    call: str,
    exc: OSError,
    *,
    address: Any = None,
    started: float | None = None,
    home: str | None = None,
    is_loops: bool = False,
) -> None:
    """Note a failure on the exception that tells of it, once.

    Args:
        sock: the socket; `None` where there is none. One that has no
            descriptor yet may be given, for the call `socket`.
        call: the method's name.
        exc: what the method raised.
        address: what was given to `connect`, `bind` or `sendto`.
        started: a time of `time.monotonic()`, in seconds, at which the call
            began; `None` if the clock was not read.
        home: the package of the method, where it is none of C's.
        is_loops: whether an event loop has made the exception, of what the
            socket's option said: the typed face tells nothing of that.

    Raises nothing but what a signal's handler raises meanwhile. An exception
    that a handler raised during the call is not touched.
    """
    # What is loaded from here on is not the call's time.
    ended = None if started is None else monotonic()
    if not active or not _is_its_own(exc, home) or attached(exc) is not None:
        return
    if isinstance(sock, TransferSocket) and not is_loops:
        return  # the typed face, which tells it itself
    try:
        real = None if call == "socket" else real_socket(sock)
        failure = failure_of(
            real,
            call,
            exc,
            address=address,
            started=started,
            ended=ended,
            as_told=handshakes.as_told,
        )
        if failure is not None:
            attach(exc, failure)
            if isinstance(exc, ConnectionError) and call not in _NO_END:
                keep_of(real, failure)
    except Exception as problem:
        if from_handler(problem):
            raise


def real_socket(sock: Any) -> Any:
    """The socket of the standard class that an object stands for.

    gevent keeps it as `_sock`, eventlet as `fd`. What has none is given back.
    """
    if sock is None or isinstance(sock, _socket.socket):
        return sock
    for name in ("_sock", "fd"):
        try:
            inner = getattr(sock, name, None)
        except Exception as problem:
            # Somebody's __getattr__, on the way of a call that succeeded.
            if from_handler(problem):
                raise
            continue
        if isinstance(inner, _socket.socket):
            return inner
    return sock


def is_standard(sock: Any) -> bool:
    """Whether an object is a socket of the standard class."""
    return isinstance(sock, _socket.socket)


def home_of(method: Any) -> str | None:
    """The package that a method was written in; `None` for one of C's."""
    names = getattr(method, "__globals__", None)
    return None if names is None else _package(names)


def _is_its_own(exc: OSError, home: str | None) -> bool:
    """Whether the method itself failed, and no signal's handler in it.

    The first entry of the traceback is the wrapper's. C leaves none of its
    own; what is written in Python fails in its own package.
    """
    last: Any = exc.__traceback__
    if last is None or last.tb_next is None:
        return True
    if home is None:
        return False
    while last.tb_next is not None:
        last = last.tb_next
    return _package(last.tb_frame.f_globals) == home


def _package(names: dict[str, Any]) -> str:
    return str(names.get("__name__")).partition(".")[0]
