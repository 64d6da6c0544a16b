"""What the kernel can still tell of a call that just failed.

There are three places, and their order matters: TCP_INFO, which a further
connect resets; the error queue, which names the machine behind an ICMP error
and keeps the socket readable until it is drained; SO_ERROR, which the failed
call has usually taken already and nobody here asks again.
"""

from __future__ import annotations

import _socket
import errno

from pysock.errors import ConnectError, Origin, error_for
from pysock.errors.handlers import by_handler
from pysock.raw.calls import (
    ffi,
    lib,
    read_address,
    read_icmp,
    read_tcp_info,
    to_tuple,
)
from pysock.raw.snapshot import after_connect
from pysock.tcp.info import TcpInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.raw.calls import CData

# What an import raises in a process that has no descriptor left, or has given
# up the right to read its own code.
NOT_LOADED = (ImportError, OSError, LookupError)

# Bounds the drain of the error queue: the kernel limits it by memory, to some
# hundreds of messages.
_MOST_MESSAGES = 64

# Of SOL_SOCKET and IPPROTO_IPV6; the interpreter's module lacks them.
_SO_DOMAIN, _SO_INCOMING_CPU, _IPV6_RECVERR = 39, 49, 25

# C fills it in any case.
_allocate = ffi.new_allocator(should_clear_after_alloc=False)
_COOKIE = ffi.typeof("uint64_t *")
_NETNS_COOKIE = lib.PYSOCK_SO_NETNS_COOKIE

_PEER, _SOME_ICMP = Origin("peer"), Origin("icmp")

# Errnos of a connect that leave no choice, if no ICMP message came.
_ALWAYS = {
    errno.EISCONN: "caller",
    errno.EPERM: "policy",
    errno.EPIPE: "peer",
    errno.ETIMEDOUT: "timer",
    errno.ECONNABORTED: "policy",
}
# Errnos that are the work of ICMP when they come later.
BY_ICMP = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.EHOSTDOWN,
        errno.ENONET,
        errno.EACCES,
        errno.ENOPROTOOPT,
        errno.EOPNOTSUPP,
        errno.EPROTO,
    }
)


def tcp_info_of(fd: int) -> TcpInfo | None:
    """Take a reading, or `None` if the descriptor has none."""
    raw = read_tcp_info(fd)
    return None if isinstance(raw, int) else TcpInfo(raw)


def local_address_of(fd: int) -> tuple[Any, ...] | None:
    """This end of the connection, or `None`."""
    return read_address(lib.pysock_local_address, fd)


def peer_of(fd: int) -> tuple[Any, ...] | None:
    """The peer, also when the connection is dead; `None` if there was none."""
    return read_address(lib.pysock_peer_address, fd)


def icmp_origin(fd: int, number: int, message: CData | None) -> Origin | None:
    """Drain the error queue; who sent the ICMP error behind this errno?

    Args:
        fd: the socket.
        number: the errno.
        message: the first of the queue, which has been taken; `None` if it
            was empty.
    """
    found = None
    for _ in range(_MOST_MESSAGES):
        if message is None:
            break
        if message.origin in (2, 3) and message.error == number:
            offender = read_host(message.offender)
            found = Origin("icmp", offender, message.type, message.code)
        message = read_icmp(fd)
    return found


def read_host(address: Any) -> str | None:
    """The host of an address, an IPv4-mapped one as IPv4."""
    numeric = to_tuple(address)
    if numeric is None:
        return None
    host: str = numeric[0]
    return host.removeprefix("::ffff:") if "." in host else host


def connect_origin(
    fd: int,
    number: int,
    info: TcpInfo | None,
    address: tuple[Any, ...] | None,
    *,
    message: CData | None,
    at_once: bool | None,
    again: bool = False,
    shut_here: bool = False,
) -> tuple[Origin | None, str | None]:
    """Find out who refused a connect.

    Args:
        fd: the socket.
        number: the errno.
        info: a reading taken after the failure and before the next connect.
        address: where to; numeric.
        message: the first of the error queue, which has been taken; `None`
            if it was empty.
        at_once: whether connect(2) itself returned it, before any packet
            could be answered; `None` if that is not known.
        again: whether this socket had tried before, and met a failure.
        shut_here: whether this program has called shutdown() on it.

    Returns:
        the origin, and which of several reasons; each `None` if there is
        none, or it cannot be told.
    """
    if message is not None:
        sent_by = icmp_origin(fd, number, message)
        if sent_by is not None:
            return sent_by, None
    if number == errno.ECONNABORTED and at_once:
        # connect(2) of a failed attempt whose errno was taken already.
        return None, None
    if number == errno.ECONNREFUSED:
        return _refused_by(fd, info, address, again=again), None
    if number == errno.ECONNRESET:
        return _reset_by(fd, again=again, shut_here=shut_here)
    if number in _ALWAYS:
        listens = info is not None and info.is_listening
        return Origin(_ALWAYS[number]), "listening" if listens else None
    if at_once is None and _keeps_icmp(fd, address):
        # No ICMP message came: unless SYNs were repeated, none ever left.
        at_once = info is None or not info.retransmits
    if at_once or number == errno.EADDRNOTAVAIL:
        return _refused_here(fd, number, address)
    if at_once is None:
        return _by_table(fd, number, address)
    return Origin("icmp") if number in BY_ICMP else None, None


def _by_table(
    fd: int, number: int, address: tuple[Any, ...] | None
) -> tuple[Origin | None, str | None]:
    """Tell a refusal of this machine from an ICMP message that is not kept.

    A blocking connect does not say whether it waited. Where the routing
    table refuses with this very errno no SYN has left; where it does not,
    somebody else has, but for EACCES: a security module may have.
    """
    origin, reason = _refused_here(fd, number, address)
    if number == errno.EACCES and (origin is None or origin.kind == "policy"):
        return None, None
    if origin is not None or number not in BY_ICMP:
        return origin, reason
    return (Origin("icmp") if _leads_there(address) else None), None


def _refused_here(
    fd: int, number: int, address: tuple[Any, ...] | None
) -> tuple[Origin | None, str | None]:
    """Ask why this machine refused; loaded when the first connect is."""
    try:
        from pysock.raw.refused import verdict
    except NOT_LOADED as exc:
        if by_handler(exc):
            raise
        return None, None
    found = verdict(fd, number, address)
    return (None, None) if found is None else (Origin(found[0]), found[1])


def _leads_there(address: tuple[Any, ...] | None) -> bool:
    """Whether the routing table knows a way."""
    try:
        from pysock.raw.routes import Route, look_up
    except NOT_LOADED as exc:
        if by_handler(exc):
            raise
        return False
    return address is not None and isinstance(look_up(address), Route)


def _refused_by(
    fd: int,
    info: TcpInfo | None,
    address: tuple[Any, ...] | None,
    *,
    again: bool,
) -> Origin | None:
    """Tell a RST from an ICMP refusal that is not in the error queue."""
    if info is not None and info.segs_out:
        return _PEER if info.segs_in else _SOME_ICMP
    if _keeps_icmp(fd, address):
        return _PEER
    # A blocking connect has reset the counters. What it leaves is on which
    # CPU the socket's last segment came: -1 if there never was one.
    cpu = read_option(fd, _socket.SOL_SOCKET, _SO_INCOMING_CPU)
    if cpu is not None and cpu < 0:
        return _SOME_ICMP
    # That segment may be an earlier attempt's.
    return None if cpu is None or again else _PEER


def _reset_by(
    fd: int, *, again: bool, shut_here: bool
) -> tuple[Origin | None, str | None]:
    """Tell a RST after the SYN-ACK from this program's own shutdown().

    The kernel ends an attempt that is shut down with ECONNRESET, as if the
    peer had. Then no segment has come, unless the RST crossed it.
    """
    cpu = read_option(fd, _socket.SOL_SOCKET, _SO_INCOMING_CPU)
    if shut_here or (cpu is not None and cpu < 0):
        return Origin("caller"), "ended-here"
    # The segment may be an earlier attempt's.
    return (None if cpu is None or again else Origin("peer")), None


def _keeps_icmp(fd: int, address: tuple[Any, ...] | None) -> bool:
    """Whether an ICMP message would have been in the error queue.

    On IPv4 always, from an IPv6 socket too; on IPv6 with IPV6_RECVERR.
    """
    if address is not None and (
        len(address) == 2 or address[0].startswith("::ffff:")
    ):
        return True  # numeric, as the kernel writes it
    if read_option(fd, _socket.SOL_SOCKET, _SO_DOMAIN) == _socket.AF_INET:
        return True
    return bool(read_option(fd, _socket.IPPROTO_IPV6, _IPV6_RECVERR))


def read_option(fd: int, level: int, option: int) -> int | None:
    """An int that getsockopt(2) knows, or `None`."""
    value = ffi.new("int *")
    if lib.pysock_get_option(fd, level, option, value) < 0:
        return None
    number: int = value[0]
    return number


def connect_failure(
    fd: int,
    number: int,
    *,
    address: tuple[Any, ...] | None,
    at_once: bool | None,
    elapsed: float | None = None,
    call: str = "connect",
    args: tuple[Any, ...] | None = None,
    again: bool = False,
    shut_here: bool = False,
) -> SocketError:
    """Make the exception of a failed connect, with all there is to know."""
    keeps = bool(at_once) or number == errno.EISCONN
    info, peer, here, message, network = after_connect(fd, keeps=keeps)
    if peer is not None:
        at_once = False  # the kernel lets go of it when it refuses at once
    if address is None:
        address = peer
    origin, reason = connect_origin(
        fd, number, info, address, message=message,
        at_once=at_once, again=again, shut_here=shut_here,
    )  # fmt: skip
    by_peer = origin is not None and origin.kind == "peer"
    error = error_for(
        "connect",
        number,
        args=args,
        # Its class says that a RST came.
        kind=None if number != errno.ECONNRESET or by_peer else ConnectError,
        origin=origin,
        elapsed=elapsed,
        address=address,
        local_address=here,
        tcp_info=info,
    )
    if call != "connect":
        error.call = call
    if reason is not None:
        error._reason = reason
    error._network = network
    return error


def network_of(fd: int) -> int | None:
    """The kernel's number of a socket's network namespace (5.14)."""
    cookie = _allocate(_COOKIE)
    if lib.pysock_cookie(fd, _NETNS_COOKIE, cookie) < 0:
        return None
    number: int = cookie[0]
    return number
