"""What the kernel can still tell of a call that just failed.

There are three places, and their order matters: TCP_INFO, which a further
connect resets; the error queue, which names the machine behind an ICMP error
and keeps the socket readable until it is drained; SO_ERROR, which the failed
call has usually taken already and nobody here asks again.
"""

from __future__ import annotations

import errno

from pysock.errors import (
    BrokenConnectionError,
    Origin,
    error_for,
    transfer_class,
)
from pysock.errors.choose import is_dead, is_of_a_connect
from pysock.errors.failure import TRANSFER
from pysock.raw.calls import (
    lib,
    read_address,
    read_icmp,
    read_tcp_info,
    to_tuple,
)
from pysock.raw.refused import refused_here
from pysock.tcp.info import TcpInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

# Bounds the drain of the error queue: the kernel limits it by memory, to some
# hundreds of messages.
_MOST_MESSAGES = 64

# Errnos of a connect that leave no choice, if no ICMP message came.
_ALWAYS = {
    errno.EISCONN: "caller",
    errno.EPERM: "policy",
    errno.ECONNREFUSED: "peer",
    errno.ECONNRESET: "peer",
    errno.EPIPE: "peer",
    errno.ETIMEDOUT: "timer",
    errno.ECONNABORTED: "policy",
}
# Errnos that are the work of ICMP when they come later.
_ICMP = frozenset(
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


def icmp_origin(fd: int, number: int) -> Origin | None:
    """Drain the error queue; who sent the ICMP error behind this errno?"""
    found = None
    for _ in range(_MOST_MESSAGES):
        message = read_icmp(fd)
        if message is None:
            break
        if message.origin in (2, 3) and message.error == number:
            offender = read_host(message.offender)
            found = Origin("icmp", offender, message.type, message.code)
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
    at_once: bool | None,
) -> Origin | None:
    """Find out who refused a connect.

    Args:
        fd: the socket.
        number: the errno.
        info: a reading taken after the failure and before the next connect.
        address: where to; numeric.
        at_once: whether connect(2) itself returned it, before any packet
            could be answered; `None` if that is not known.
    """
    sent_by = icmp_origin(fd, number)
    if sent_by is not None:
        return sent_by
    if number == errno.ECONNABORTED and at_once:
        # connect(2) of a failed attempt whose errno was taken already.
        return None
    if number == errno.ECONNREFUSED and _nothing_came(info):
        return Origin("icmp")
    if number in _ALWAYS:
        return Origin(_ALWAYS[number])
    if at_once or number == errno.EADDRNOTAVAIL:
        return refused_here(fd, number, address)
    if at_once is None:
        return None
    return Origin("icmp") if number in _ICMP else None


def _nothing_came(info: TcpInfo | None) -> bool:
    """Whether a SYN went out and no segment came back, not even a RST.

    The error queue is silent on IPv6 without IPV6_RECVERR; a refusal without
    a segment is ICMP all the same. A reading that knows of no SYN either was
    reset by a blocking connect, and says nothing.
    """
    return info is not None and bool(info.segs_out) and info.segs_in == 0


def connect_failure(
    fd: int,
    number: int,
    *,
    address: tuple[Any, ...] | None,
    at_once: bool | None,
    elapsed: float | None = None,
    call: str = "connect",
    args: tuple[Any, ...] | None = None,
    info: TcpInfo | None = None,
) -> SocketError:
    """Make the exception of a failed connect, with all there is to know.

    `info` is a reading from before, where a connect since has reset it.
    """
    if info is None:
        info = tcp_info_of(fd)
    if address is None:
        address = peer_of(fd)
    origin = connect_origin(fd, number, info, address, at_once=at_once)
    error = error_for(
        "connect",
        number,
        args=args,
        origin=origin,
        elapsed=elapsed,
        address=address,
        local_address=local_address_of(fd),
        tcp_info=info,
    )
    error.call = call
    return error


def _path_origin(number: int, info: TcpInfo) -> Origin | None:
    """Who ended a connection whose data was not acknowledged any more.

    Where ICMP did, data was sent again and again. Where this machine has no
    way any more, nothing leaves: the kernel probes whether it may send, and
    counts no retransmission. IPv6 then gives the route's errno, IPv4
    ETIMEDOUT as if the peer were silent (Linux 6.18).
    """
    by_icmp = number in _ICMP or number == errno.ECONNREFUSED
    if not by_icmp and number != errno.EINVAL:
        return None
    if info.total_retrans == 0 and info.probes:
        return Origin("route")
    return Origin("icmp") if by_icmp else None


def transfer_failure(
    fd: int,
    call: str,
    number: int,
    *,
    args: tuple[Any, ...] | None = None,
    sent_fin: bool = False,
) -> SocketError:
    """Make the exception of a failed read, write or accept."""
    info = tcp_info_of(fd)
    peer = peer_of(fd)
    kind = transfer_class(
        call, number, info, has_peer=peer is not None, sent_fin=sent_fin
    )
    origin = None
    if peer is not None and is_of_a_connect(call, number, info):
        origin = connect_origin(fd, number, info, peer, at_once=False)
    elif kind is BrokenConnectionError:
        origin = Origin("peer")
    elif call in TRANSFER and info is not None and is_dead(info):
        origin = _path_origin(number, info)
    return error_for(
        call,
        number,
        args=args,
        kind=kind,
        origin=origin,
        address=peer,
        local_address=local_address_of(fd),
        tcp_info=info,
    )
