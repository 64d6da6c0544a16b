"""The standard module's own Python functions, run in pysock's namespace.

`socket.create_connection`, `create_server`, `fromfd`, `socketpair` and the
rest look their parts (`socket`, `getaddrinfo`, ...) up in the globals of the
module that they were defined in. Given our globals they make our sockets, a
name that a test replaces in `pysock` is honoured, and every interpreter
brings its own version of them. Nothing is copied, so nothing can drift.
"""

from __future__ import annotations

import _socket
import socket as standard
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _find_class() -> type[standard.socket]:
    """Find the interpreter's own class, whatever lies in its place."""
    for kind in (standard.socket, *_socket.socket.__subclasses__()):
        if (
            isinstance(kind, type)
            and kind.__bases__ == (_socket.socket,)
            and (kind.__module__, kind.__qualname__) == ("socket", "socket")
        ):
            return kind
    # Nobody has kept it; what is there is what there is.
    return standard.socket


# `socket.socket` as the interpreter made it. gevent, a test or a proxy may
# have replaced it before we came.
standard_class = _find_class()


def rebind(function: FunctionType, namespace: dict[str, Any]) -> FunctionType:
    """Make the same function over other globals."""
    bound = FunctionType(
        function.__code__,
        namespace,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    bound.__kwdefaults__ = function.__kwdefaults__
    bound.__doc__ = function.__doc__
    bound.__qualname__ = function.__qualname__
    bound.__annotations__ = function.__annotations__
    bound.__module__ = "pysock"
    return bound


def adopt(namespace: dict[str, Any]) -> None:
    """Put every name of the standard module into a namespace.

    Private ones too: the standard library uses some of them. Functions are
    rebound; names that we have made our own are left alone, and so are the
    module's dunder names.
    """
    for name, value in vars(standard).items():
        if name.startswith("__"):
            continue
        if namespace.get(name, value) is not value:
            continue  # ours
        if isinstance(value, FunctionType) and value.__module__ == "socket":
            value = rebind(value, namespace)
        namespace[name] = value
