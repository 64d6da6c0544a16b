"""Put the explanation on an exception that a standard method has raised."""

from __future__ import annotations

import _socket
import os

from pysock.dropin.funnel import failure_of
from pysock.errors.handlers import from_handler
from pysock.explain.notes import attach, attached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

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
    code: CodeType | None = None,
) -> None:
    """Note a failure on the exception that tells of it, once.

    Args:
        sock: the socket; `None` where there is none.
        call: the method's name.
        exc: what the method raised.
        address: what was given to `connect`, `bind` or `sendto`.
        started: a time of `time.monotonic()`, in seconds, at which the call
            began; `None` if the clock was not read.
        code: of the method, where it is none of C's.

    Raises nothing but what a signal's handler raises meanwhile. An exception
    that a handler raised during the call is not touched.
    """
    if not active or not _is_its_own(exc, code) or attached(exc) is not None:
        return
    try:
        failure = failure_of(
            real_socket(sock), call, exc, address=address, started=started
        )
        if failure is not None:
            attach(exc, failure)
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
        inner = getattr(sock, name, None)
        if isinstance(inner, _socket.socket):
            return inner
    return sock


def _is_its_own(exc: OSError, code: CodeType | None) -> bool:
    """Whether the method itself failed, and no signal's handler in it.

    The first entry of the traceback is the wrapper's. C leaves none of its
    own; what is written in Python fails in its own file or, in a package, in
    one beside it.
    """
    last: Any = exc.__traceback__
    if last is None or last.tb_next is None:
        return True
    if code is None:
        return False
    while last.tb_next is not None:
        last = last.tb_next
    file = last.tb_frame.f_code.co_filename
    if file == code.co_filename:
        return True
    folder = _folder(code.co_filename)
    return folder not in _STANDARD and _folder(file) == folder


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


# Where everything lies beside everything.
_STANDARD = frozenset({_folder(os.__file__), ""})
