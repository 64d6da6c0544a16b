"""The module's functions whose failures want more than the class gives.

They are the standard module's, run over pysock's names; around them is only
what makes their failures typed.
"""

from __future__ import annotations

import socket as standard
import sys
from socket import gaierror
from time import monotonic

from pysock import raw
from pysock.dropin.standard import rebind, standard_functions
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.binding import note_server
    from pysock.dropin.funnel import unreported_failure_of
    from pysock.dropin.on_failure import report
    from pysock.dropin.socket import socket
    from pysock.dropin.without_snapshot import unresolved
    from pysock.raw.queue import ListenQueue
    from pysock.tcp.info import TcpInfo
else:
    late(
        globals(),
        "dropin.binding.note_server",
        "dropin.funnel.unreported_failure_of",
        "dropin.on_failure.report",
        "dropin.without_snapshot.unresolved",
    )

_IP = (standard.AF_INET, standard.AF_INET6)
_names = sys.modules["pysock"].__dict__
_create_server = rebind(standard_functions["create_server"], _names)
_getaddrinfo = rebind(standard_functions["getaddrinfo"], _names)
_fromfd = rebind(standard_functions["fromfd"], _names)
_socketpair = rebind(standard_functions["socketpair"], _names)


def fromfd(fd: Any, family: Any, type: Any, proto: int = 0) -> socket:
    """Make a socket for a duplicate of a descriptor, as `socket.fromfd`.

    Raises:
        OSError: the descriptor is not open (`EBADF`), none is left
            (`EMFILE`).
    """
    return _fromfd(fd, family, type, proto)  # type: ignore[no-any-return]


def socketpair(
    family: int | None = None,
    type: int = standard.SOCK_STREAM,
    proto: int = 0,
) -> tuple[socket, socket]:
    """Make a pair of connected sockets, as `socket.socketpair`.

    The family is AF_UNIX where none is given.

    Raises:
        OSError: no descriptor left (`EMFILE`), or no such family.
    """
    return _socketpair(family, type, proto)  # type: ignore[no-any-return]


def getaddrinfo(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[
    tuple[
        standard.AddressFamily,
        standard.SocketKind,
        int,
        str,
        tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
    ]
]:
    """Resolve a host and a port, as `socket.getaddrinfo`. May block.

    Raises:
        ResolveError: a `gaierror` that names the host.
    """
    started = monotonic()
    try:
        return _getaddrinfo(host, port, family, type, proto, flags)  # type: ignore[no-any-return]
    except gaierror as exc:
        failure = exc.args
    raise report(unresolved(host, failure, monotonic() - started))


def create_server(
    address: Any,
    *,
    family: int = standard.AF_INET,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> socket:
    """Make a listening TCP socket, as `socket.create_server`.

    Raises:
        AddressInUseError: taken (`EADDRINUSE`).
        AddressUnavailableError: not ours (`EADDRNOTAVAIL`).
        BindDeniedError: privileged port (`EACCES`).
        ResolveError: the host name does not resolve.
    """
    try:
        return _create_server(  # type: ignore[no-any-return]
            address,
            family=family,
            backlog=backlog,
            reuse_port=reuse_port,
            dualstack_ipv6=dualstack_ipv6,
        )
    except OSError as exc:
        if type(exc).__module__ != "builtins":
            raise  # typed already
        # The standard function makes a plain OSError of a failed bind, to put
        # the address into its text. What else there is goes on as it is.
        if family not in _IP or "while attempting to bind" not in str(exc):
            raise
        # `bind` has reported it.
        failure = (
            unresolved(address[0], exc.args)
            if exc.args[0] < 0
            else unreported_failure_of(None, "bind", exc, address=address)
        )
        if failure is None:
            raise
        if exc.args[0] >= 0:
            note_server(
                failure,
                reuse_port=reuse_port,
                only_ipv6=family == standard.AF_INET6 and not dualstack_ipv6,
            )
    try:
        raise failure
    finally:
        del failure  # a cycle: its traceback has this frame


def tcp_info(sock_or_fd: Any) -> TcpInfo:
    """Read TCP_INFO of any TCP socket.

    Args:
        sock_or_fd: a descriptor, or anything with a `fileno()`: a standard
            socket, an asyncio transport's socket.

    Raises:
        ClosedSocketError: it is closed (`EBADF`).
        NotTcpError: it is something else (`EOPNOTSUPP`, `ENOPROTOOPT`,
            `ENOTSOCK`); the text says what.
        TypeError: it is neither an int nor has it a `fileno()`.
    """
    return raw.tcp_info(descriptor_of(sock_or_fd))


def listen_queue(sock_or_fd: Any, syn_received: bool = False) -> ListenQueue:
    """Read the accept queue of any listener; see `socket.listen_queue`.

    Args:
        sock_or_fd: a descriptor, or anything with a `fileno()`.
        syn_received: also count the incomplete handshakes.

    Raises:
        NotListeningError: it does not listen (`EINVAL`).
        ClosedSocketError: it is closed (`EBADF`).
        NotTcpError: it is something else; the text says what.
        DiagError: the handshakes cannot be counted.
        TypeError: it is neither an int nor has it a `fileno()`.
    """
    from pysock.dropin.listening import listen_queue as of_descriptor

    return of_descriptor(descriptor_of(sock_or_fd), syn_received)


def descriptor_of(sock_or_fd: Any) -> int:
    """The descriptor of a socket, or the int itself."""
    if isinstance(sock_or_fd, int):
        return sock_or_fd
    try:
        fileno = sock_or_fd.fileno
    except AttributeError:
        kind = type(sock_or_fd).__name__
        raise TypeError(f"a socket or a descriptor, not {kind}") from None
    return int(fileno())
