"""TLS: the exceptions of `ssl.SSLSocket`.

OpenSSL reads and writes the descriptor itself, so no method of the standard
class sees the failure. What the kernel knows of the connection outlives it.
"""

from __future__ import annotations

import functools
import ssl
from errno import EPIPE

from pysock.dropin.end_of_stream import end_of
from pysock.dropin.funnel import failure_of
from pysock.dropin.on_failure import report
from pysock.errors import TlsError
from pysock.errors.handlers import from_handler
from pysock.explain.end_of_stream import caller, keep
from pysock.explain.notes import attach, attached
from pysock.integrations import noting
from pysock.integrations.tls_failure import tls_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Method = Callable[..., Any]

# Those of ssl.SSLSocket that call OpenSSL; its other methods call these.
_METHODS = ("do_handshake", "read", "send", "write")
_CALLS = {"do_handshake": "do_handshake", "read": "recv", "write": "send"}

# Would block: no failure.
_AGAIN = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

# (class, name, what was there, what is there now)
_placed: list[tuple[type, str, Any, Any]] = []


def wrap() -> None:
    """Wrap the methods of `ssl.SSLSocket` that OpenSSL fails in, once."""
    if _placed:
        return
    for name in _METHODS:
        method: Any = vars(ssl.SSLSocket).get(name)
        if method is None or not hasattr(method, "__code__"):
            continue
        wrapper: Any = functools.wraps(method)(_wrapper_of(name, method))
        # A traceback shows the code's own name.
        wrapper.__code__ = wrapper.__code__.replace(
            co_name=name, co_qualname=method.__qualname__
        )
        setattr(ssl.SSLSocket, name, wrapper)
        _placed.append((ssl.SSLSocket, name, method, wrapper))


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    while _placed:
        kind, name, method, wrapper = _placed.pop()
        if vars(kind).get(name) is wrapper:
            setattr(kind, name, method)


def _wrapper_of(name: str, method: Any) -> Method:
    """Make the wrapper, with the method's own arguments if they are known.

    `*args` and `**kwargs` take three times as long as the rest of it.
    """
    call = _CALLS.get(name, name)
    if name in _MAKERS:
        wrapper: Any = _MAKERS[name](call, method)
        if _arguments(wrapper) == _arguments(method):
            return wrapper  # type: ignore[no-any-return]
    return _noted(call, method)


def _arguments(function: Any) -> tuple[Any, ...]:
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return names, code.co_flags & _VARYING, function.__defaults__


def _noted(call: str, method: Method) -> Method:
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except _AGAIN:
            raise
        except OSError as exc:
            note_tls(self, call, exc, self.server_hostname)
            del self, args, kwargs
            raise

    return wrapper


def _reading(call: str, method: Method) -> Method:
    def wrapper(self: Any, len: Any = 1024, buffer: Any = None) -> Any:
        try:
            data = method(self, len, buffer)
            if not data and len and noting.active:
                _keep_end(self)
            return data
        except _AGAIN:
            raise
        except OSError as exc:
            note_tls(self, call, exc, self.server_hostname)
            del self, len, buffer
            raise

    return wrapper


def _writing(call: str, method: Method) -> Method:
    def wrapper(self: Any, data: Any) -> Any:
        try:
            return method(self, data)
        except _AGAIN:
            raise
        except OSError as exc:
            note_tls(self, call, exc, self.server_hostname)
            del self, data
            raise

    return wrapper


def _sending(call: str, method: Method) -> Method:
    def wrapper(self: Any, data: Any, flags: Any = 0) -> Any:
        try:
            return method(self, data, flags)
        except _AGAIN:
            raise
        except OSError as exc:
            note_tls(self, call, exc, self.server_hostname)
            del self, data, flags
            raise

    return wrapper


def _keep_end(sock: Any) -> None:
    """Keep how the connection stood when a read gave nothing."""
    failure = end_of(sock, tls=True)
    if failure is not None:
        keep(failure, caller(2))


_MAKERS = {"read": _reading, "write": _writing, "send": _sending}
# inspect.CO_VARARGS and CO_VARKEYWORDS.
_VARYING = 0x04 | 0x08


def note_tls(
    sock: Any,
    call: str,
    exc: OSError,
    server_name: str | None,
    *,
    in_handshake: bool | None = None,
    elapsed: float | None = None,
    said: Callable[[], bytes | None] | None = None,
) -> None:
    """Note on an exception of TLS what the connection under it knows.

    Args:
        sock: the socket under the session, still open.
        call: `do_handshake`, `recv` or `send`.
        exc: the exception; one that is noted already keeps its note.
        server_name: whom the certificate had to be for.
        in_handshake: whether the handshake was going on; as `call` says, if
            not given.
        elapsed: seconds until a timeout ended it; the socket's own timeout,
            if not given.
        said: gives what the peer said and nobody has read; as the socket
            has it, if not given.
    """
    if not noting.active or attached(exc) is not None:
        return
    if in_handshake is None:
        in_handshake = call == "do_handshake"
    try:
        sock = noting.real_socket(sock)
        if not in_handshake and not isinstance(exc, ssl.SSLError):
            # Of the kernel, as on any connection. Only a write has EPIPE:
            # reading a session can write as well.
            call = "send" if exc.errno == EPIPE else call
            failure: Any = failure_of(sock, call, exc)
        else:
            failure = tls_failure(
                sock,
                call,
                exc,
                server_name,
                in_handshake=in_handshake,
                elapsed=elapsed,
                said=said,
            )
        if failure is not None:
            if isinstance(failure, TlsError):
                report(failure)
            attach(exc, failure)
    except Exception as problem:
        if from_handler(problem):
            raise
