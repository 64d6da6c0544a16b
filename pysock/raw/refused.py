"""Why this machine refused a connect at once, before a packet left it."""

from __future__ import annotations

import _socket
import errno

from pysock.errors import Origin
from pysock.raw.calls import ffi, lib, read_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROUTE = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.EACCES,
        errno.EINVAL,
    }
)
_LINK_LOCAL = ("fe8", "fe9", "fea", "feb")  # fe80::/10


def refused_here(
    fd: int, number: int, address: tuple[Any, ...] | None
) -> Origin | None:
    """Find out who refused: the routing table, a limit, or the call itself.

    Args:
        fd: the socket.
        number: the errno that connect(2) returned at once.
        address: where to; numeric.
    """
    if number == errno.EADDRNOTAVAIL:
        return Origin(_without_address(fd, address))
    if address is not None and len(address) == 4:
        host, _, _, scope_id = address
        lacks_scope = host.startswith(_LINK_LOCAL) and not scope_id
        if number == errno.EINVAL and lacks_scope:
            return Origin("caller")
        mapped = number == errno.ENETUNREACH and host.startswith("::ffff:")
        if mapped and _only_ipv6(fd):
            return Origin("caller")
    return Origin("route") if number in _ROUTE else None


def _without_address(fd: int, address: tuple[Any, ...] | None) -> str:
    """Tell the three reasons for EADDRNOTAVAIL apart.

    No interface has an address of the family to send from, which a UDP
    socket then lacks too; the socket is bound to a port from which a
    connection there exists already; or every ephemeral port is in use
    towards there.
    """
    if address is not None and _udp_errno(address) == errno.EADDRNOTAVAIL:
        return "route"
    here = read_address(lib.pysock_local_address, fd)
    return "caller" if here is not None and here[1] != 0 else "limit"


def _udp_errno(address: tuple[Any, ...]) -> int:
    """What the routing table says to UDP; 0: it leads there."""
    family = _socket.AF_INET6 if len(address) == 4 else _socket.AF_INET
    try:
        probe = _socket.socket(family, _socket.SOCK_DGRAM)
    except OSError as exc:
        return exc.errno or 0
    try:
        probe.connect(address)  # sends nothing
    except OSError as exc:
        return exc.errno or 0
    finally:
        probe.close()
    return 0


def _only_ipv6(fd: int) -> bool:
    value = ffi.new("int *")
    level, option = _socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY
    lib.pysock_get_option(fd, level, option, value)
    return bool(value[0])
