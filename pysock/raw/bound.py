"""What a bind or listen that failed leaves to be known of its socket.

The socket is closed by the time that somebody asks why; what the kernel
compares when two sockets want one port is noted at the failure. Files are
read as bytes: a program without privileges, or without a descriptor, may not
be able to load a codec any more.
"""

from __future__ import annotations

import _socket
import errno

from pysock.errors.handlers import from_handler
from pysock.raw.calls import ffi, lib
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SO_BINDTOIFINDEX = 62  # of SOL_SOCKET; the interpreter has no name for it
_CAP_NET_BIND_SERVICE = 10
_TENTATIVE = 0x40  # IFA_F_TENTATIVE


class Setting(Record):
    """What decides whether a socket may have a port beside another one.

    Attributes:
        reuse_address: whether SO_REUSEADDR is set.
        reuse_port: whether SO_REUSEPORT is set.
        only_ipv6: whether IPV6_V6ONLY is set.
        interface: index of the one that it is bound to; 0 is any.
        cookie: the kernel's number of this socket; `None` if it has none.
    """

    reuse_address: bool
    reuse_port: bool
    only_ipv6: bool
    interface: int
    cookie: int | None


def setting_of(fd: int) -> Setting:
    """Read them. Never blocks and never raises."""
    cookie = ffi.new("uint64_t *")
    known = lib.pysock_cookie(fd, lib.PYSOCK_SO_COOKIE, cookie) == 0
    level = _socket.SOL_SOCKET
    return Setting(
        bool(_option(fd, level, _socket.SO_REUSEADDR)),
        bool(_option(fd, level, _socket.SO_REUSEPORT)),
        bool(_option(fd, _socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY)),
        _option(fd, level, _SO_BINDTOIFINDEX),
        int(cookie[0]) if known else None,
    )


def why_not_bound(number: int, address: Any) -> str | None:
    """Which of the reasons that an errno of bind has.

    Args:
        number: the errno.
        address: what was asked for.

    Returns:
        for `EACCES` "privileged" (the port is, and this thread may not have
        it) or "module" (it may: a security module said no); for
        `EADDRNOTAVAIL` "tentative" (an IPv6 address that is still being
        checked for duplicates) or "scope" (it is another link's); `None`
        for any other, and where it cannot be told.

    Never blocks. Raises nothing but what a signal's handler raises.
    """
    try:
        if number == errno.EACCES:
            return _denied(address[1])
        if number == errno.EADDRNOTAVAIL and ":" in address[0]:
            return _not_here(address)
    except (OSError, ValueError, TypeError, IndexError) as problem:
        if from_handler(problem):
            raise
    return None


def _denied(port: int) -> str | None:
    path = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
    with open(path, "rb") as file:  # noqa: PTH123
        start = int(file.read())
    if port >= start:
        return "module"
    with open("/proc/thread-self/status", "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(b"CapEff:"):
                may = int(line.split()[1], 16) >> _CAP_NET_BIND_SERVICE & 1
                # With the capability it is the module, or a capability of
                # another user namespace: cannot tell.
                return None if may else "privileged"
    return None


def _not_here(address: tuple[Any, ...]) -> str | None:
    wanted = _socket.inet_pton(_socket.AF_INET6, address[0]).hex().encode()
    scope = address[3] if len(address) == 4 else 0
    found = None
    with open("/proc/thread-self/net/if_inet6", "rb") as file:  # noqa: PTH123
        for line in file:
            host, interface, _, _, flags, _ = line.split()
            if host != wanted:
                continue
            if int(flags, 16) & _TENTATIVE:
                return "tentative"
            if scope and int(interface, 16) != scope:
                found = "scope"
    return found


def _option(fd: int, level: int, option: int) -> int:
    value = ffi.new("int *")
    lib.pysock_get_option(fd, level, option, value)
    return int(value[0])
