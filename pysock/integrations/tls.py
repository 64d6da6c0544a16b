"""TLS: the exceptions of `ssl.SSLSocket`.

OpenSSL reads and writes the descriptor itself, so no method of the standard
class sees the failure. What the kernel knows of the connection outlives it.
"""

from __future__ import annotations

import _socket
import functools
import ssl
from errno import ECONNRESET, EPIPE, ETIMEDOUT
from fcntl import ioctl
from termios import FIONREAD

from pysock.dropin.end_of_stream import end_of
from pysock.dropin.funnel import failure_of
from pysock.dropin.kinds import is_tcp
from pysock.dropin.on_failure import report
from pysock.errors import Origin, TlsError
from pysock.errors.handlers import from_handler
from pysock.explain.end_of_stream import caller, keep
from pysock.explain.notes import attach, attached
from pysock.integrations import noting
from pysock.raw.conversation import note_conversation
from pysock.raw.evidence import local_address_of, peer_of
from pysock.raw.snapshot import info_of_transfer
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError

    Method = Callable[..., Any]

# Those of ssl.SSLSocket that call OpenSSL; its other methods call these.
_METHODS = ("do_handshake", "read", "send", "write")
_CALLS = {"do_handshake": "do_handshake", "read": "recv", "write": "send"}

# Would block: no failure.
_AGAIN = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

_RESET = (ECONNRESET, EPIPE)
# What a failure of the connection keeps when it is told as one of TLS.
_EVIDENCE = (
    "errno",
    "address",
    "local_address",
    "elapsed",
    "origin",
    "tcp_info",
    "delivery",
    "_sent_fin",
    "_fin_came",
    "_newest_data",
)

_PEER, _DEADLINE = Origin("peer"), Origin("deadline")

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


def tls_failure(
    sock: Any,
    call: str,
    exc: OSError,
    server_name: str | None,
    *,
    in_handshake: bool = True,
    elapsed: float | None = None,
    said: Callable[[], bytes | None] | None = None,
) -> TlsError | None:
    """Make the typed exception of a TLS session that failed; not reported.

    Args: as `note_tls` has them; `sock` is of the standard class.

    Returns:
        the exception; `None` for a closed socket, and what is not TCP.
    """
    fd = sock.fileno()
    if fd < 0 or not is_tcp(sock):
        return None
    error = TlsError(*exc.args)
    error.server_name = server_name
    error.call, error.in_handshake = call, in_handshake
    error.address, error.local_address = peer_of(fd), local_address_of(fd)
    error.tcp_info = info_of_transfer(fd)
    note_conversation(error, fd)
    error.errno = None if isinstance(exc, ssl.SSLError) else exc.errno
    error.tls_reason = getattr(exc, "reason", None)
    error.verify_message = getattr(exc, "verify_message", None)
    if error.verify_message is None:
        if _has_ended(exc):
            error.ended, error.origin = _how(exc, error), _PEER
        elif isinstance(exc, (TimeoutError, ConnectionAbortedError)):
            error.errno, error.origin = ETIMEDOUT, _DEADLINE
            error.elapsed = elapsed or sock.gettimeout() or None
        elif in_handshake:
            error.plain_text = said() if said is not None else _waiting(sock)
    return error


def in_handshake(known: SocketError, name: str | None) -> TlsError | None:
    """Say of a read or write that it was one of the handshake.

    Args:
        known: its typed exception.
        name: whom the certificate had to be for.

    Returns:
        another with the same evidence, not reported again; `None` where it
        was no reset.
    """
    if isinstance(known, TlsError) or known.errno not in _RESET:
        return None
    error = TlsError(*known.args)
    for slot in _EVIDENCE:
        setattr(error, slot, getattr(known, slot))
    error.call, error.in_handshake = "do_handshake", True
    error.server_name, error.ended = name, "reset"
    return error


def _how(exc: OSError, error: TlsError) -> str:
    """Tell a RST, which OpenSSL may turn into an end of file, from a FIN.

    After a FIN the socket may be closed as well: by the RST that answered
    what this end still sent.
    """
    if exc.errno in _RESET:
        return "reset"
    info = error.tcp_info
    over = info is not None and info.state is TcpState.CLOSE
    return "reset" if over and not error._fin_came else "closed"


def _waiting(sock: Any) -> bytes | None:
    """Look at what the peer said; OpenSSL has taken five bytes of it."""
    if ioctl(sock.fileno(), FIONREAD, bytes(4)) == bytes(4):
        return None  # a recv would wait, as long as the timeout says
    flags = _socket.MSG_PEEK | _socket.MSG_DONTWAIT
    return _socket.socket.recv(sock, 256, flags)


def _has_ended(exc: OSError) -> bool:
    return isinstance(
        exc,
        (
            ssl.SSLEOFError,
            ssl.SSLZeroReturnError,
            ConnectionResetError,
            BrokenPipeError,
        ),
    ) or (getattr(exc, "reason", None) == "UNEXPECTED_EOF_WHILE_READING")
