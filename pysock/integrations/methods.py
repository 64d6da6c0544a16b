"""The methods of a socket class, wrapped: what they raise is noted.

A wrapper looks like the method that it calls and leaves its work to it, wrong
arguments included. Success costs one frame and a `try`; so does what would
block, which is no failure. Arguments are let go before the exception leaves:
its traceback must keep alive no more than it would without us.

Where reads would block, the interpreter goes through a function's table of
handlers three times: those that are called most have a short one, with no
`return` in the `try` and no `as`.
"""

from __future__ import annotations

import sys
from errno import EAGAIN, EINPROGRESS, EMFILE, ENFILE, ENOBUFS, ENOMEM
from time import monotonic
from types import FunctionType, MethodDescriptorType

from pysock.dropin.typed import asked_by_repr
from pysock.integrations.noting import home_of, note, real_socket
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.dropin.end_of_stream import has_room, met_end
    from pysock.dropin.memory import recall, remember

    Method = Callable[..., Any]
else:
    late(
        globals(),
        "dropin.end_of_stream.has_room",
        "dropin.end_of_stream.met_end",
        "dropin.memory.recall",
        "dropin.memory.remember",
    )

_raised: Callable[[], Any] = sys.exception
# An argument that was not given: what C makes of that, C is to say.
_ABSENT: Any = object()
_SHUT_RD = 0
_LIMITS = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})


def wrapper_of(name: str, method: Any) -> Method | None:
    """Make the wrapper of a method.

    Args:
        name: of the method, as the class has it.
        method: what the class has there.

    Returns:
        a function; `None` for what is no method: a mock, some callable that
        does not know its socket.
    """
    if not isinstance(method, (FunctionType, MethodDescriptorType)):
        return None
    home = home_of(method)
    make = _MAKERS.get(name, _plain)
    if home is not None and make in (_reading, _receiving):
        make = _plain  # its arguments may have other names
    wrapper: Any = make(_CALLS.get(name, name), method, home)
    # A traceback shows the code's own name.
    wrapper.__code__ = wrapper.__code__.replace(
        co_name=method.__name__, co_qualname=method.__qualname__
    )
    wrapper.__name__ = method.__name__
    wrapper.__qualname__ = method.__qualname__
    wrapper.__doc__ = method.__doc__
    wrapper.__module__ = getattr(method, "__module__", "socket")
    # For inspect: the signature is the method's, or there is none.
    wrapper.__wrapped__ = method
    wrapper.__text_signature__ = getattr(method, "__text_signature__", None)
    return wrapper  # type: ignore[no-any-return]


def _plain(call: str, method: Method, home: str | None) -> Method:
    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except BlockingIOError:
            raise
        except OSError as exc:
            note(self, call, exc, home=home)
            del self, args, kwargs
            raise

    return wrapper


def _naming(call: str, method: Method, home: str | None) -> Method:
    """`getpeername`, `getsockname`: also what `repr()` calls."""

    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except OSError as exc:
            if not asked_by_repr():
                note(self, call, exc, home=home)
            del self, args, kwargs
            raise

    return wrapper


def _reading(call: str, method: Method, home: str | None) -> Method:
    """`recv`, `send`, `sendall`: called so often that `*args` would show."""

    def wrapper(
        self: Any, data: Any = _ABSENT, flags: Any = _ABSENT, /, *rest: Any
    ) -> Any:
        try:
            if flags is _ABSENT:
                done = method(self, data)
            else:
                done = method(self, data, flags, *rest)
        except BlockingIOError:
            raise
        except OSError:
            note(self, call, _raised())
            del self, data, flags, rest
            raise
        except TypeError:
            if data is not _ABSENT:
                raise
        else:
            return done
        return method(self)

    return wrapper


def _receiving(call: str, method: Method, home: str | None) -> Method:
    """`recv`: as `_reading`, and nothing read is the end of the stream."""

    def wrapper(
        self: Any, size: Any = _ABSENT, flags: Any = _ABSENT, /, *rest: Any
    ) -> Any:
        try:
            if flags is _ABSENT:
                data = method(self, size)
            else:
                data = method(self, size, flags, *rest)
        except BlockingIOError:
            raise
        except OSError:
            note(self, call, _raised())
            del self, size, flags, rest
            raise
        except TypeError:
            if size is not _ABSENT:
                raise
        else:
            if not data and size and (flags is _ABSENT or not flags):
                met_end(real_socket(self), call)
            return data
        return method(self)

    return wrapper


def _reading_into(call: str, method: Method, home: str | None) -> Method:
    """`recv_into`: what it is given by name is the method's to look at."""

    def wrapper(
        self: Any, buffer: Any = _ABSENT, /, *rest: Any, **named: Any
    ) -> Any:
        try:
            if buffer is _ABSENT:
                count = method(self, **named)
            elif rest or named:
                count = method(self, buffer, *rest, **named)
            else:
                count = method(self, buffer)
        except BlockingIOError:
            raise
        except OSError:
            note(self, call, _raised(), home=home)
            del self, buffer, rest, named
            raise
        if not count:
            flags = rest[1] if len(rest) > 1 else named.get("flags")
            if not flags and has_room(named.get("buffer", buffer)):
                met_end(real_socket(self), call)
        return count

    return wrapper


def _connecting(call: str, method: Method, home: str | None) -> Method:
    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        started = monotonic()
        try:
            return method(self, *args, **kwargs)
        except BlockingIOError as exc:
            if exc.errno == EINPROGRESS:
                _remember_start(self, started)
            elif exc.errno == EAGAIN:
                # The queue of a UNIX socket is full: a failure, at once.
                address = args[0] if args else None
                note(
                    self,
                    call,
                    exc,
                    address=address,
                    started=started,
                    home=home,
                )
                del address
            del self, args, kwargs
            raise
        except OSError as exc:
            address = args[0] if args else None
            note(self, call, exc, address=address, started=started, home=home)
            del self, args, kwargs, address
            raise

    return wrapper


def _connecting_ex(call: str, method: Method, home: str | None) -> Method:
    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        started = monotonic()
        try:
            number = method(self, *args, **kwargs)
        except OSError as exc:
            # A name that does not resolve; the rest is returned.
            address = args[0] if args else None
            note(self, call, exc, address=address, home=home)
            del self, args, kwargs, address
            raise
        if number == EINPROGRESS:
            _remember_start(self, started)
        return number

    return wrapper


def _remember_start(sock: Any, started: float) -> None:
    """Keep when a connect began, for the call that tells of its failure."""
    sock = real_socket(sock)
    if recall(sock, "_pysock_began") is None:
        remember(sock, "_pysock_began", started)


def _making(call: str, method: Method, home: str | None) -> Method:
    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> None:
        try:
            method(self, *args, **kwargs)
        except OSError as exc:
            if exc.errno in _LIMITS:
                note(self, call, exc, home=home)
            del self, args, kwargs
            raise

    return wrapper


def _addressed(call: str, method: Method, home: str | None) -> Method:
    """`bind`, `sendto`, `sendmsg`: the address is the last argument."""

    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except BlockingIOError:
            raise
        except OSError as exc:
            address = args[-1] if args else None
            if not isinstance(address, tuple):
                address = None
            note(self, call, exc, address=address, home=home)
            del self, args, kwargs, address
            raise

    return wrapper


def _listening(call: str, method: Method, home: str | None) -> Method:
    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            result = method(self, *args, **kwargs)
        except OSError as exc:
            note(self, call, exc, home=home)
            del self, args, kwargs
            raise
        # Who listens is who runs out of descriptors, and then no module can
        # be loaded any more: what explains that has to be here before.
        try:
            import pysock.explain.telling  # noqa: F401
        except (ImportError, OSError):
            pass  # no descriptor left already
        return result

    return wrapper


def _shutting(call: str, method: Method, home: str | None) -> Method:
    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            result = method(self, *args, **kwargs)
        except OSError as exc:
            note(self, call, exc, home=home)
            del self, args, kwargs
            raise
        if args and args[0] != _SHUT_RD:
            # Who closed decides what a later EPIPE means.
            remember(real_socket(self), "_pysock_sent_fin", True)
        return result

    return wrapper


_MAKERS: dict[str, Callable[[str, Method, str | None], Method]] = {
    "__init__": _making,
    "connect": _connecting,
    "connect_ex": _connecting_ex,
    "recv": _receiving,
    "send": _reading,
    "sendall": _reading,
    "recv_into": _reading_into,
    "getpeername": _naming,
    "getsockname": _naming,
    "bind": _addressed,
    "listen": _listening,
    "sendto": _addressed,
    "sendmsg": _addressed,
    "shutdown": _shutting,
}

# The name that an exception is to tell, where it is not the method's.
_CALLS = {
    "__init__": "socket",
    "_accept": "accept",
    "_sendfile_use_sendfile": "sendfile",
}
