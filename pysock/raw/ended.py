"""What ended a connection that was up, or a transfer on it."""

from __future__ import annotations

import _socket
import errno

from pysock.errors import (
    BrokenConnectionError,
    NotConnectedError,
    Origin,
    WriteAfterShutdownError,
    error_for,
    transfer_class,
)
from pysock.errors.choose import is_dead, is_of_a_connect
from pysock.errors.kinds_of_call import TRANSFER
from pysock.raw.calls import lib, read_icmp
from pysock.raw.conversation import note_conversation
from pysock.raw.evidence import (
    BY_ICMP,
    connect_origin,
    read_option,
)
from pysock.raw.fin import got_fin
from pysock.raw.snapshot import of_transfer
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.tcp.info import TcpInfo

    Kind = type[SocketError] | None

_TCP_USER_TIMEOUT = 18
_LEAST_INTERVAL_MS = 200  # TCP_RTO_MIN
# The kernel lets a timer of seconds go off an eighth later than it is set.
_TIMER_SLACK = 1.125


def _path_origin(number: int, info: TcpInfo) -> Origin | None:
    """Who ended a connection whose data was not acknowledged any more.

    Where ICMP did, data was sent again and again. Where this machine has no
    way any more, nothing leaves: the kernel probes whether it may send, and
    counts no retransmission. IPv6 then gives the route's errno, IPv4
    ETIMEDOUT as if the peer were silent (Linux 6.18).
    """
    by_icmp = number in BY_ICMP or number == errno.ECONNREFUSED
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
    info, peer, here = of_transfer(fd)
    kind: Kind = transfer_class(
        call, number, info, has_peer=peer is not None, sent_fin=sent_fin
    )
    origin = reason = None
    if peer is not None and is_of_a_connect(call, number, info):
        origin, reason = connect_origin(
            fd, number, info, peer, message=read_icmp(fd), at_once=False
        )
    elif kind is BrokenConnectionError:
        kind, origin = _broken_by(fd, info)
    elif number == errno.ECONNRESET and _disconnected(info, peer):
        kind, origin = NotConnectedError, Origin("caller")
        reason = "disconnected"
    elif call in TRANSFER and info is not None and is_dead(info):
        origin = _path_origin(number, info)
        reason = _patience(fd, number, info)
    error = error_for(
        call,
        number,
        args=args,
        kind=kind,
        origin=origin,
        address=peer,
        local_address=here,
        tcp_info=info,
    )
    error._reason = reason
    if call in TRANSFER:
        note_conversation(error, fd, sent_fin=sent_fin)
    return error


def _disconnected(info: TcpInfo | None, peer: Any) -> bool:
    """Whether this program ended it itself: connect(2) to AF_UNSPEC.

    Or by shutdown(2) while it connected, which does the same.

    The kernel says ECONNRESET, as if the peer had; but a peer's RST leaves
    its address, and this does not.
    """
    return peer is None and info is not None and info.state is TcpState.CLOSE


def _broken_by(fd: int, info: TcpInfo | None) -> tuple[Kind, Origin | None]:
    """Who had ended the connection that a write met, by what is left of it.

    After a FIN of the peer its RST, for what we wrote, leaves that
    unacknowledged. Without a FIN it was some other error, and somebody has
    taken its errno (SO_ERROR). Both FINs, and nothing unacknowledged: our
    own shutdown, through another descriptor.
    """
    if info is None or not got_fin(fd, info.state):
        return BrokenConnectionError, None
    if lib.pysock_send_queue(fd) > 0:
        return BrokenConnectionError, Origin("peer")
    beside = _acked_beside_data(info)
    if beside is not None and beside >= 2:
        return WriteAfterShutdownError, Origin("caller")
    # 1 is the SYN of who connected, or the FIN of who accepted.
    return BrokenConnectionError, Origin("peer") if beside == 0 else None


def _acked_beside_data(info: TcpInfo) -> int | None:
    """How many of SYN and FIN the peer has acknowledged of this end's."""
    acked, sent, again = info.bytes_acked, info.bytes_sent, info.bytes_retrans
    if acked is None or sent is None or again is None:
        return None
    return acked - (sent - again)


def _patience(fd: int, number: int, info: TcpInfo) -> str | None:
    """Whether a peer with a closed window answered until the kernel gave up.

    Only TCP_USER_TIMEOUT ends a connection whose every probe is answered.
    Where the window was closed before all was acknowledged, segments are sent
    again in place of probes, and only the clock tells.

    Probes go out at doubling intervals, the first of which comes on top of
    that time: the last of them lies in its second half, or just before.
    """
    if number != errno.ETIMEDOUT or info.snd_wnd != 0 or info.probes:
        return None
    heard, trip, varies = info.last_ack_recv_ms, info.rtt_us, info.rttvar_us
    limit = read_option(fd, _socket.IPPROTO_TCP, _TCP_USER_TIMEOUT)
    if not limit or heard is None or trip is None or varies is None:
        return None
    first = max(_LEAST_INTERVAL_MS, (trip + 4 * varies) / 1000)
    longest = (limit / 2 + first) * _TIMER_SLACK
    return "answering" if heard <= longest else None
