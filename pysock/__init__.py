"""pysock: the socket module that tells you why.

`import pysock as socket`: every name of the standard module is here and works
as there. Beyond those: failures are typed (`pysock.errors`) and say which
call, which peer, who said no and what the kernel saw; the live TCP state of
any socket is one call away.

A wing a subject, a folder each. An import goes downwards only, from the
first line of this list to the last (tests/project/test_layout.py):

    cli            the command; one file a subcommand
    testing        failures on demand, for the tests of any program
    integrations   pysock in programs that do not know of it
    loops          many connections: accept, connect, a race of addresses
    dropin         class socket and the module's functions: the typed face
    explain        evidence for an exception, and the sentences made of it
    sock_diag      the kernel's table of sockets
    raw            the system calls on bare descriptors, over _ffi
    late           what is loaded when something has failed, and not before
    errors         the exceptions, and the one table of failures
    tcp            TCP_INFO, states, stalls: decoded; pure
    hints          names for whoever evaluates annotations

Public are the names in `__all__` and the modules `errors`, `raw`,
`sock_diag`, `testing` and `integrations`; every other path may change.
"""

import sys as _sys

if not _sys.platform.startswith("linux"):
    raise ImportError(
        f"pysock works on Linux only (this is {_sys.platform}): it asks the "
        "Linux kernel for TCP_INFO, error queues and socket tables."
    )

import _thread
import socket as _standard_socket

# From 3.12 on an isolated subinterpreter refuses cffi's modules. Better said
# here than by the first failure. One that shares the GIL takes them.
if not getattr(_thread, "_is_main_interpreter", lambda: True)():
    try:
        import pysock._ffi  # noqa: F401
    except ImportError as _refused:
        raise ImportError(
            "pysock cannot be used in an isolated subinterpreter: cffi, "
            "through which it asks the kernel, does not load there "
            f"({_refused}). Import it in the main interpreter, or in one that "
            "shares the GIL."
        ) from _refused

from pysock import errors, raw
from pysock.dropin.makers import (
    create_server,
    fromfd,
    getaddrinfo,
    listen_queue,
    socketpair,
    tcp_info,
)
from pysock.dropin.socket import socket
from pysock.dropin.standard import adopt as _adopt
from pysock.hints import give_names as _give_names
from pysock.late import keep as _keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    # adopt() does it, below. To mypy a name is what its first import says, to
    # pyright what its last one does, so ours come before this and after it.
    # isort: off
    from pysock.loops.happy_eyeballs import create_connection

    from socket import *  # type: ignore[assignment]  # noqa: F403

    from pysock.dropin.makers import (
        create_server,
        fromfd,
        getaddrinfo,
        socketpair,
    )
    from pysock.dropin.socket import socket
    # isort: on

    from pysock import sock_diag
    from pysock.dropin.on_failure import on_failure
    from pysock.explain.chain import details
    from pysock.explain.explanation import Explanation
    from pysock.explain.why import why
    from pysock.integrations.install import install, uninstall
    from pysock.loops.accept_loop import AcceptLoop, accept_loop
    from pysock.loops.accept_stats import AcceptStats
    from pysock.loops.connect_loop import (
        ConnectProgress,
        ConnectResult,
        connect_many,
    )
    from pysock.loops.reuseport import ReuseportGroup, reuseport_group
    from pysock.raw.queue import ListenQueue
    from pysock.tcp.info import TcpInfo
    from pysock.tcp.state import TcpState

    __version__: str

# The C module under the name that the standard module has it by; ours of the
# same name stays importable as `pysock.dropin.socket`.
_socket = _standard_socket._socket  # type: ignore[attr-defined]

__all__ = [
    *_standard_socket.__all__,
    "AcceptLoop",
    "AcceptStats",
    "ConnectProgress",
    "ConnectResult",
    "Explanation",
    "ListenQueue",
    "ReuseportGroup",
    "TcpInfo",
    "TcpState",
    "accept_loop",
    "connect_many",
    "create_connection",
    "create_server",
    "details",
    "errors",
    "fromfd",
    "getaddrinfo",
    "install",
    "listen_queue",
    "on_failure",
    "raw",
    "reuseport_group",
    "sock_diag",
    "socket",
    "socketpair",
    "tcp_info",
    "uninstall",
    "why",
]


# Loaded when they are first asked for: few programs need them, and every one
# pays for what is imported above.
_LATER = {
    "AcceptLoop": "loops.accept_loop",
    "AcceptStats": "loops.accept_stats",
    "ConnectProgress": "loops.connect_loop",
    "ConnectResult": "loops.connect_loop",
    "Explanation": "explain.explanation",
    "ListenQueue": "raw.queue",
    "ReuseportGroup": "loops.reuseport",
    "TcpInfo": "tcp.info",
    "TcpState": "tcp.state",
    "accept_loop": "loops.accept_loop",
    "connect_many": "loops.connect_loop",
    "create_connection": "loops.happy_eyeballs",
    "details": "explain.chain",
    "install": "integrations.install",
    "on_failure": "dropin.on_failure",
    "reuseport_group": "loops.reuseport",
    "uninstall": "integrations.install",
    "why": "explain.why",
}

_adopt(globals(), _LATER)
_give_names(
    "pysock.dropin.accept_many",
    "pysock.dropin.close",
    "pysock.dropin.connect",
    "pysock.dropin.makers",
    "pysock.dropin.socket",
    "pysock.dropin.transfer",
    socket=socket,
)
_keep()


def _load(name: str) -> object:
    """Import a module; importlib's own function costs half a millisecond."""
    __import__(name)
    return _sys.modules[name]


if not TYPE_CHECKING:  # a checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Give what is loaded late: a part that few need, and the version."""
        if name == "sock_diag":
            module = _load("pysock.sock_diag")
            _give_names()
            return module
        if name in _LATER:
            value = getattr(_load(f"pysock.{_LATER[name]}"), name)
            _give_names(**{name: value})
            globals()[name] = value
            return value
        if name == "__version__":
            from importlib.metadata import version

            return version("pysock-tcp")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is loaded late too."""
    return sorted({*globals(), *__all__})
