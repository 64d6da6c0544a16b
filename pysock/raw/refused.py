"""Why this machine refused a connect at once, before a packet left it."""

from __future__ import annotations

import _socket
import errno
from socket import inet_pton

from pysock.errors.handlers import by_handler
from pysock.raw.calls import ffi, lib, read_address
from pysock.raw.routes import Route, look_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Of SOL_SOCKET; the interpreter's module has no name for the second.
_SO_MARK, _SO_BINDTOIFINDEX = _socket.SO_MARK, 62
_ANY = ("0.0.0.0", "::")

# What one of these decides: the kind of the origin, and the reason.
NO_WAY = ("route", None)
FROM_HERE = ("caller", "source")
WRONG_LINK = ("caller", "scope")
ONLY_IPV6 = ("caller", "only-ipv6")
TO_MANY = ("route", "group")
NO_PORT = ("limit", None)
SAME_ENDS = ("caller", None)
NO_ADDRESS = ("route", None)
FORBIDDEN = ("policy", "module")

Verdict = tuple[str, "str | None"]


def verdict(
    fd: int, number: int, address: tuple[Any, ...] | None
) -> Verdict | None:
    """Find out who refused: the routing table, a limit, or the call itself.

    Args:
        fd: the socket, after the failure.
        number: the errno that connect(2) returned at once.
        address: where to; numeric.

    Returns:
        the kind of the origin, and which of several reasons it is (`None`
        for the one that has no name); `None` if it cannot be told.

    It asks the routing table, now. Never blocks.
    """
    if address is None:
        return (
            NO_WAY if number in (errno.ENETUNREACH, errno.ENETDOWN) else None
        )
    here = read_address(lib.pysock_local_address, fd)
    if number == errno.EADDRNOTAVAIL:
        return _without_address(here, address)
    if number == errno.EINVAL and _is_link_local(address):
        return _wrong_link(fd, here, address)
    if number == errno.ENETUNREACH and _is_refused_family(fd, address):
        return ONLY_IPV6
    return _by_route(fd, number, here, address)


def _by_route(
    fd: int,
    number: int,
    here: tuple[Any, ...] | None,
    address: tuple[Any, ...],
) -> Verdict | None:
    """Ask the table for this socket's way, and for any socket's."""
    source = here[0] if here is not None and here[0] not in _ANY else None
    device = _option(fd, _socket.SOL_SOCKET, _SO_BINDTOIFINDEX)
    mark = _option(fd, _socket.SOL_SOCKET, _SO_MARK)
    anybody = look_up(address, mark=mark)
    if anybody is None:
        return None
    if number == errno.ENETUNREACH and _is_for_many(address, anybody):
        return TO_MANY
    if not isinstance(anybody, Route):
        return NO_WAY if anybody == number else None
    if source is not None or device:
        own = look_up(address, source, device, mark)
        # IPv6 does not look at the source, its connect does.
        if own == number or (source is not None and ":" in source):
            return FROM_HERE
    return FORBIDDEN if number == errno.EACCES else None


def _without_address(
    here: tuple[Any, ...] | None, address: tuple[Any, ...]
) -> Verdict:
    """Tell the three reasons for EADDRNOTAVAIL apart.

    No interface has an address of the family to send from, which a UDP
    socket then lacks too; the socket is bound to a port from which a
    connection there exists already; or every ephemeral port is in use
    towards there.
    """
    if _udp_errno(address) == errno.EADDRNOTAVAIL:
        return NO_ADDRESS
    return SAME_ENDS if here is not None and here[1] != 0 else NO_PORT


def _udp_errno(address: tuple[Any, ...]) -> int:
    """What connect of a UDP socket says; 0: nothing against it."""
    family = _socket.AF_INET6 if len(address) == 4 else _socket.AF_INET
    try:
        probe = _socket.socket(family, _socket.SOCK_DGRAM)
    except OSError as exc:
        if by_handler(exc):
            raise
        return exc.errno or 0
    try:
        probe.connect(address)  # sends nothing
    except OSError as exc:
        if by_handler(exc):
            raise
        return exc.errno or 0
    finally:
        probe.close()
    return 0


def _is_link_local(address: tuple[Any, ...]) -> bool:
    """fe80::/10, where the link is a part of the address."""
    return str(address[0]).startswith(("fe8", "fe9", "fea", "feb"))


def _wrong_link(
    fd: int, here: tuple[Any, ...] | None, address: tuple[Any, ...]
) -> Verdict | None:
    """Whether the scope id is missing, or is not the socket's own link."""
    scope = address[3] if len(address) == 4 else 0
    own = here[3] if here is not None and len(here) == 4 else 0
    device = _option(fd, _socket.SOL_SOCKET, _SO_BINDTOIFINDEX)
    if not scope or (own or device or scope) != scope:
        return WRONG_LINK
    return _by_route(fd, errno.EINVAL, here, address)


def _is_refused_family(fd: int, address: tuple[Any, ...]) -> bool:
    if len(address) != 4 or not address[0].startswith("::ffff:"):
        return False
    level, option = _socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY
    return bool(_option(fd, level, option))


def _is_for_many(address: tuple[Any, ...], found: Route | int) -> bool:
    """A multicast or broadcast address: TCP goes to one host."""
    if isinstance(found, Route):
        return found.for_many
    host = address[0].removeprefix("::ffff:")
    if ":" in host:
        return inet_pton(_socket.AF_INET6, host)[0] == 0xFF
    first = inet_pton(_socket.AF_INET, host)[0]
    return bool(first >> 4 == 0xE or host == "255.255.255.255")


def _option(fd: int, level: int, option: int) -> int:
    value = ffi.new("int *")
    lib.pysock_get_option(fd, level, option, value)
    return int(value[0])
