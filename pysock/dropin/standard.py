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
import sys
from types import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
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
if TYPE_CHECKING:
    standard_class = standard.socket
else:
    standard_class = _find_class()


def ask_replacement(*args: Any) -> None:
    """Ask a class that lies in `socket.socket` whether a socket may be made.

    pytest-socket forbids sockets by a subclass whose `__new__` raises; what
    is forbidden there is forbidden here. Other replacements (gevent's, a
    proxy's, a mock) work otherwise, and are not asked.

    Raises:
        Exception: whatever it raises.
    """
    kind: Any = standard.socket
    if (
        isinstance(kind, type)
        and issubclass(kind, standard_class)
        and "__new__" in vars(kind)
    ):
        kind.__new__(kind, *args)


# Every Python function of the interpreter's own module has its code there.
_FILE = standard_class.makefile.__code__.co_filename


def _find_functions() -> dict[str, FunctionType]:
    """Find the interpreter's own functions, whatever lies in their place."""
    names = vars(standard)
    found = {
        name: value
        for name, value in names.items()
        if type(value) is FunctionType
        and value.__code__.co_filename == _FILE
        and value.__globals__ is names
    }
    if not found.keys() >= {"create_connection", "getaddrinfo", "fromfd"}:
        # Replaced before we came. Run the file again, as a module that
        # nobody sees; it makes enums of constants, and looks itself up.
        name = "_pysock_standard"
        again = sys.modules[name] = ModuleType(name)
        try:
            loader: Any = standard.__spec__.loader
            code = loader.get_code("socket")
            exec(code, vars(again))
        finally:
            del sys.modules[name]
        found = {
            name: value
            for name, value in vars(again).items()
            if isinstance(value, FunctionType)
            and value.__globals__ is vars(again)
        }
    return found


standard_functions = _find_functions()


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


def adopt(namespace: dict[str, Any], ours: Container[str]) -> None:
    """Put every name of the standard module into a namespace.

    Private ones too: the standard library uses some of them. Functions are
    rebound; names that we have made our own are left alone, and so are the
    module's dunder names.

    Args:
        namespace: takes the names.
        ours: names that we will make our own there later.
    """
    taken = {
        name: value
        for name, value in vars(standard).items()
        if name not in namespace and name not in ours and name[:2] != "__"
    }
    namespace.update(taken)
    for name, function in standard_functions.items():
        if name in taken:
            namespace[name] = rebind(function, namespace)
