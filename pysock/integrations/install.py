"""The noted face: a whole process, its exceptions what they are, explained.

The standard class stays itself; its methods are wrapped in place, and what
they raise is the very exception that they would have raised, with a note.
"""

from __future__ import annotations

import os
import socket as standard
import sys
from _thread import allocate_lock
from functools import partial

from pysock.dropin.standard import standard_class
from pysock.integrations import arrivals, children, noting
from pysock.integrations.arrivals import load
from pysock.integrations.classes import (
    is_socket_class,
    unwrap_classes,
    wrap_class,
)
from pysock.integrations.functions import unwrap_functions, wrap_functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Class of sockets that others put in place of the standard one, by the module
# that makes it: these are wrapped as soon as they are there.
_REPLACEMENTS = {
    "gevent._socket3": "socket",
    "eventlet.greenio.base": "GreenSocket",
}

# Whose functions are put into the standard module.
_RESOLVERS = ("gevent.socket", "eventlet.green.socket")

# What has failures of its own beside the socket's: the arguments that leave it
# out, the module, and ours that has wrap() and unwrap() for it.
_NEIGHBOURS = (
    ("asyncio", "asyncio", "pysock.integrations.asyncio_"),
    ("tls", "ssl", "pysock.integrations.tls"),
    # Loaded when all that it needs of asyncio is there.
    (
        "asyncio tls",
        "asyncio.selector_events",
        "pysock.integrations.asyncio_tls",
    ),
    ("asyncio", "asyncio.streams", "pysock.integrations.asyncio_ends"),
    ("asyncio", "uvloop", "pysock.integrations.uvloop_"),
    ("asyncio", "aiohttp.client_proto", "pysock.integrations.aiohttp_"),
    ("trio", "trio", "pysock.integrations.trio_"),
    ("trio tls", "trio._ssl", "pysock.integrations.trio_tls"),
    (
        "asyncio",
        "anyio._backends._asyncio",
        "pysock.integrations.anyio_",
    ),
    ("tls", "anyio.streams.tls", "pysock.integrations.anyio_tls"),
)

_HOOKS = "pysock.integrations.hooks"

_lock = allocate_lock()
# The neighbours of ours that are wrapped now.
_wrapped: list[str] = []
# In a child the thread that held it is not there.
os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]


def install(
    *,
    asyncio: bool = True,
    tls: bool = True,
    trio: bool = True,
    hooks: bool = False,
) -> None:
    """Note every socket failure of this process on its exception.

    The methods of the standard class are wrapped in place, so sockets and
    classes made before are noted as well. An exception's class, `args`,
    `errno` and text stay the standard module's; what is new is a note, which
    writes itself when a traceback or a log reads it, and `pysock.details()`.

    Args:
        asyncio: also what asyncio makes of a failure, and anyio on it.
        tls: also what TLS makes of one.
        trio: also what trio makes of one.
        hooks: also write below a traceback what its chain hides, where
            `sys.excepthook`, `threading.excepthook` or `logging` shows it.

    Doing it twice does nothing more; a neighbour that was left out before is
    wrapped then. Where another class has been put in place of
    `socket.socket`, that is wrapped too. Never blocks, never raises.
    """
    with _lock:
        wrap_class(standard_class, standard=True)
        replaced: Any = standard.socket
        if is_socket_class(replaced) and not issubclass(
            replaced, standard_class
        ):
            wrap_class(replaced, standard=False)
        wrap_functions(standard)
        for module, name in _REPLACEMENTS.items():
            arrivals.when_imported(module, partial(_wrap_named, module, name))
        for module in _RESOLVERS:
            arrivals.when_imported(module, partial(_wrap_functions_of, module))
        wanted = {"asyncio": asyncio, "tls": tls, "trio": trio}
        for needs, module, ours in _NEIGHBOURS:
            on = all(wanted[name] for name in needs.split())
            if on and ours not in _wrapped:
                arrivals.when_imported(module, partial(_wrap_neighbour, ours))
        if hooks:
            load(_HOOKS).wrap(program=True)
        noting.switch(True)
        children.pass_on([name for name, on in wanted.items() if not on])


def uninstall() -> None:
    """Undo `install()`: the standard class is as it was.

    Methods that somebody has replaced since stay replaced. Without an
    `install()` before it, this does nothing.
    """
    with _lock:
        if not noting.active:
            return
        noting.switch(False)
        children.keep_to_ourselves()
        arrivals.forget_all()
        if _HOOKS in sys.modules:
            load(_HOOKS).unwrap()
        while _wrapped:
            load(_wrapped.pop()).unwrap()
        unwrap_functions()
        unwrap_classes()


def _wrap_named(module: str, name: str) -> None:
    kind = getattr(load(module), name, None)
    if is_socket_class(kind):
        wrap_class(kind, standard=False)


def _wrap_functions_of(module: str) -> None:
    wrap_functions(load(module))


def _wrap_neighbour(ours: str) -> None:
    load(ours).wrap()
    _wrapped.append(ours)
