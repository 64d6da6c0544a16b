"""The exceptions of bind and listen, with what the socket had set."""

from __future__ import annotations

import _socket
from errno import EBADF

from pysock.dropin.without_snapshot import readable_host
from pysock.errors import Origin, error_for
from pysock.errors.handlers import by_handler
from pysock.raw.evidence import (
    NOT_LOADED,
    local_address_of,
    network_of,
    tcp_info_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

_fileno = _socket.socket.fileno


def bind_failure(
    sock: Any, args: tuple[Any, ...], address: Any
) -> SocketError:
    """Make the exception of a bind.

    Args:
        sock: the socket; `None` where it is closed again.
        args: of the standard module's exception.
        address: what was asked for.
    """
    address = (readable_host(address[0]), *address[1:])
    error = error_for(
        "bind", args[0], args=args, address=address, local_address=address
    )
    if args[0] == EBADF:
        return error
    if error.origin is None:
        error.origin = Origin("caller")
    try:
        from pysock.raw.bound import why_not_bound

        error._reason = why_not_bound(args[0], address)
    except NOT_LOADED as exc:
        if by_handler(exc):
            raise
    if sock is not None:
        _note(error, sock)
    return error


def listen_failure(sock: Any, args: tuple[Any, ...]) -> SocketError:
    """Make the exception of a listen."""
    fd = _fileno(sock)
    error = error_for(
        "listen",
        args[0],
        args=args,
        local_address=local_address_of(fd),
        tcp_info=tcp_info_of(fd),
    )
    _note(error, sock)
    return error


def note_server(
    error: SocketError, *, reuse_port: bool, only_ipv6: bool
) -> None:
    """Note what `create_server` sets on the socket that it has closed."""
    try:
        from pysock.raw.bound import Setting
    except NOT_LOADED as exc:
        if by_handler(exc):
            raise
        return
    error._setting = Setting(True, reuse_port, only_ipv6, 0, None)


def _note(error: SocketError, sock: Any) -> None:
    try:
        from pysock.raw.bound import setting_of
    except NOT_LOADED as exc:
        if by_handler(exc):
            raise
        return
    fd = _fileno(sock)
    setting, network = setting_of(fd), network_of(fd)
    # Closed meanwhile, the number may be somebody else's.
    if fd >= 0 and _fileno(sock) == fd:
        error._setting, error._network = setting, network
