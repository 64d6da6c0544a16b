"""The exception of `recv_exactly` whose stream ended before all had come."""

from __future__ import annotations

from pysock.dropin.ended import remember_end_of_stream
from pysock.dropin.memory import recall
from pysock.errors import Origin, PeerClosedError, ReadAfterEndError
from pysock.raw.conversation import note_conversation
from pysock.raw.evidence import local_address_of, peer_of
from pysock.raw.fin import got_fin
from pysock.raw.snapshot import info_of_transfer
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PEER = Origin("peer")


def ended_early(
    fd: int, sock: Any, partial: bytes, n: int, elapsed: float
) -> PeerClosedError | ReadAfterEndError:
    """Make it, with all that the kernel still says.

    Args:
        fd: the descriptor.
        sock: the socket that has it.
        partial: what had come.
        n: how many bytes were asked for.
        elapsed: seconds that it took.
    """
    info, peer = info_of_transfer(fd), peer_of(fd)
    came = f"after {len(partial)} of {n} bytes"
    error: PeerClosedError | ReadAfterEndError
    if info is not None and not got_fin(fd, info.state):
        error = ReadAfterEndError(f"the stream ended {came}")
        if info.state is not TcpState.CLOSE:
            error.origin = Origin("caller")
        else:
            ended, where = recall(sock, "_pysock_ended", (None, None))
            error.origin = ended if where == local_address_of(fd) else None
    elif info is not None:
        error = PeerClosedError(f"the peer closed {came}")
        error.origin = _PEER
    else:
        # Of what is not TCP, or MPTCP, nobody can tell whose end it was.
        error = PeerClosedError(f"the stream ended {came}")
    error.call = "recv_exactly"
    error.partial = partial
    error.elapsed = elapsed
    error.address = peer
    error.local_address = local_address_of(fd)
    error.tcp_info = info
    note_conversation(
        error, fd, sent_fin=recall(sock, "_pysock_sent_fin", False)
    )
    if error._fin_came:
        remember_end_of_stream(sock, error.tcp_info, error.local_address)
    return error
