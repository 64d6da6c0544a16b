"""What this machine's routing table says about a destination.

It is asked over netlink, as `ip route get` does: no packet is sent, no
privilege needed, and unlike a socket's `connect` the question is not subject
to what a security module says of sockets.
"""

from __future__ import annotations

import _socket
import os
from struct import Struct, error

from pysock.errors.handlers import from_handler
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# struct nlmsghdr and struct rtmsg (linux/netlink.h, linux/rtnetlink.h).
_HEADER, _ROUTE = Struct("=IHHII"), Struct("=BBBBBBBBI")
_ATTRIBUTE, _NUMBER = Struct("=HH"), Struct("=i")
_GET_ROUTE, _ERROR, _REQUEST = 26, 2, 1
_DESTINATION, _SOURCE, _INTERFACE, _PREFERRED = 1, 2, 4, 7
_MARK, _UID, _PROTOCOL, _PORT = 16, 25, 27, 29
# Kinds of routes, RTN_*.
_LOCAL, _BROADCAST, _MULTICAST = 2, 3, 5

# More than any answer to one question.
_LONGEST = 8192


class Route(Record):
    """The way to a destination.

    Attributes:
        kind: the kernel's number (`RTN_UNICAST` is 1).
        interface: index of the interface; `None` if it has none.
        source: the address that would be sent from, where the table has one.
    """

    kind: int
    interface: int | None
    source: str | None

    @property
    def local(self) -> bool:
        """Whether it ends at this machine."""
        return self.kind == _LOCAL

    @property
    def for_many(self) -> bool:
        """Whether it leads to a group of hosts, or to all of a network."""
        return self.kind in (_BROADCAST, _MULTICAST)


def look_up(
    address: tuple[Any, ...],
    source: str | None = None,
    interface: int = 0,
    mark: int = 0,
) -> Route | int | None:
    """Ask which way a TCP connection to an address would go.

    Args:
        address: a numeric host and a port, for IPv6 with flow info and scope.
        source: the numeric address to send from, if it is chosen already;
            IPv6 does not look at it.
        interface: index of the one interface that may be used; 0 is any.
        mark: of the socket (SO_MARK), which rules may look at.

    Returns:
        the way; an errno where the table refuses (`ENETUNREACH`,
        `EHOSTUNREACH`, `EACCES`, `EINVAL` as of `connect`); `None` where it
        could not be asked.

    Never blocks. Raises nothing but what a signal's handler raises. Of the
    calling thread's namespace.
    """
    try:
        return _read(_ask(_question(address, source, interface, mark)))
    except (OSError, ValueError, TypeError, AttributeError, error) as problem:
        if from_handler(problem):
            raise
        return None


def is_local(address: tuple[Any, ...]) -> bool | None:
    """Whether an address is this machine's; `None` if it cannot be told."""
    found = look_up(address)
    return found.local if isinstance(found, Route) else None


def _ask(question: bytes) -> bytes:
    sock = _socket.socket(
        _socket.AF_NETLINK,
        _socket.SOCK_RAW | _socket.SOCK_CLOEXEC,
        _socket.NETLINK_ROUTE,
    )
    try:
        sock.send(question)
        return sock.recv(_LONGEST, _socket.MSG_DONTWAIT)
    finally:
        sock.close()


def _question(
    address: tuple[Any, ...], source: str | None, interface: int, mark: int
) -> bytes:
    host, port = address[:2]
    host = host.removeprefix("::ffff:") if "." in host else host
    family = _socket.AF_INET6 if ":" in host else _socket.AF_INET
    bits = 128 if family == _socket.AF_INET6 else 32
    scope = address[3] if len(address) == 4 else 0
    attributes = [
        _attribute(_DESTINATION, _socket.inet_pton(family, host)),
        _attribute(_UID, _NUMBER.pack(os.geteuid())),
        _attribute(_PROTOCOL, bytes([_socket.IPPROTO_TCP])),
        _attribute(_PORT, port.to_bytes(2, "big")),
    ]
    if source is not None:
        source = source.removeprefix("::ffff:") if "." in source else source
        packed = _socket.inet_pton(family, source)
        attributes.append(_attribute(_SOURCE, packed))
    if interface or scope:
        packed = _NUMBER.pack(interface or scope)
        attributes.append(_attribute(_INTERFACE, packed))
    if mark:
        attributes.append(_attribute(_MARK, _NUMBER.pack(mark)))
    body = _ROUTE.pack(
        family, bits, bits if source is not None else 0, 0, 0, 0, 0, 0, 0
    ) + b"".join(attributes)
    return (
        _HEADER.pack(_HEADER.size + len(body), _GET_ROUTE, _REQUEST, 1, 0)
        + body
    )


def _attribute(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(-length % 4)


def _read(answer: bytes) -> Route | int | None:
    length, kind, *_ = _HEADER.unpack_from(answer)
    at = _HEADER.size
    if kind == _ERROR:
        number: int = _NUMBER.unpack_from(answer, at)[0]
        return -number or None
    if kind != _GET_ROUTE - 2:  # RTM_NEWROUTE
        return None
    family, *_, what, _ = _ROUTE.unpack_from(answer, at)
    at += _ROUTE.size
    interface = source = None
    while at + _ATTRIBUTE.size <= min(length, len(answer)):
        size, name = _ATTRIBUTE.unpack_from(answer, at)
        if size < _ATTRIBUTE.size:
            return None
        value = answer[at + _ATTRIBUTE.size : at + size]
        if name == _INTERFACE:
            interface = _NUMBER.unpack(value)[0]
        elif name == _PREFERRED:
            source = _socket.inet_ntop(family, value)
        at += size + -size % 4
    return Route(what, interface, source)
