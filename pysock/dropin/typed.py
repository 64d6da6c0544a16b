"""A standard exception becomes ours, once a call on a socket has failed.

What is not TCP keeps the exception of the standard module, but for the
would-block error: asking what the socket is would cost as much as the rest.
"""

from __future__ import annotations

import _socket
import os
import socket as standard
from errno import EAGAIN, EBADF
from types import FunctionType

from pysock.dropin.ended import remember_end
from pysock.errors import (
    ResolveError,
    TransferWouldBlockError,
    deadline_error,
    error_for,
)
from pysock.errors.choose import TIMED_OUT
from pysock.raw.evidence import (
    local_address_of,
    peer_of,
    tcp_info_of,
    transfer_failure,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
# The C members: the properties of the standard class make enums of them,
# which costs ten times as much.
_family = _socket.socket.family.__get__
_type = _socket.socket.type.__get__
_proto = _socket.socket.proto.__get__

_IP = (_socket.AF_INET, _socket.AF_INET6)
_STREAM = _socket.SOCK_STREAM
_TCP = (0, _socket.IPPROTO_TCP, 262)  # 262: MPTCP
_AGAIN = (EAGAIN, os.strerror(EAGAIN))


def is_tcp(sock: Any) -> bool:
    """Whether a socket is TCP (or MPTCP) over IP."""
    return (
        _family(sock) in _IP
        and _type(sock) == _STREAM
        and _proto(sock) in _TCP
    )


def would_block(call: str) -> TransferWouldBlockError:
    """Make the exception for EAGAIN, the one that must cost nothing.

    No system call, no formatting, and no question what the socket is.
    """
    error = TransferWouldBlockError(*_AGAIN)
    error._call = call
    return error


def failed(
    sock: Any,
    call: str,
    args: tuple[Any, ...],
    kind: type[OSError] = OSError,
) -> OSError:
    """Make the exception for a call that the standard class let fail.

    Args:
        sock: the socket.
        call: the method's name.
        args: of the standard module's exception.
        kind: its class.
    """
    number = args[0] if args else None
    if number == EAGAIN:
        return would_block(call)
    if number == EBADF and _fileno(sock) == -1:
        return error_for(call, EBADF, args=args)
    if not is_tcp(sock):
        # kind(*args) is what the standard module raised.
        return TimeoutError(*args) if args == TIMED_OUT else kind(*args)
    fd = _fileno(sock)
    if args == TIMED_OUT:
        return deadline_error(
            call,
            # The clock was not read; it took this long, and hardly more.
            elapsed=_gettimeout(sock),
            address=peer_of(fd),
            local_address=local_address_of(fd),
            tcp_info=tcp_info_of(fd),
        )
    if type(number) is not int or len(args) != 2:
        return kind(*args)
    sent_fin = getattr(sock, "_sent_fin", False)
    error = transfer_failure(fd, call, number, args=args, sent_fin=sent_fin)
    remember_end(sock, error)
    return error


def by_handler(exc: BaseException) -> bool:
    """Whether a signal's handler raised it, and not the C call in a `try`.

    C leaves no frame of its own. Hot paths have this line in them.
    """
    traceback = exc.__traceback__
    return traceback is not None and traceback.tb_next is not None


def unresolved(host: object, args: tuple[Any, ...]) -> ResolveError:
    """Make the gaierror that says which host."""
    error = ResolveError(*args)
    error.call = "getaddrinfo"
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "backslashreplace")
    if host is not None:
        error.address = (host, None)
    return error


def typed(name: str) -> Callable[..., Any]:
    """Wrap a method of the standard class that is not on a hot path."""
    method = getattr(standard.socket, name)

    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except OSError as exc:
            kind = type(exc)
            if kind.__module__ != "builtins":
                raise  # typed already, or none of this module's
            if not _is_its_own(exc, method):
                raise
            failure = exc.args
        raise failed(self, name, failure, kind)

    wrapper.__name__ = name
    wrapper.__qualname__ = f"socket.{name}"
    wrapper.__module__ = "pysock"
    wrapper.__doc__ = method.__doc__
    return wrapper


def _is_its_own(exc: OSError, method: Any) -> bool:
    """Whether a call on the socket failed, and nothing else in there did.

    Not a signal's handler, nor the file of sendfile: in the standard sendfile
    what `_sendfile_use_send` raises and we have not typed is the file's.
    """
    last: Any = exc.__traceback__
    if last.tb_next is None:
        return True
    while last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code
    return (
        isinstance(method, FunctionType)
        and code.co_filename == method.__code__.co_filename
        and code.co_name != "_sendfile_use_send"
    )
