"""Where an established connection stood when a read or write failed."""

from __future__ import annotations

from socket import IPPROTO_TCP, TCP_QUICKACK

from pysock.errors.delivery import FIN_SENT, delivery
from pysock.raw.calls import ffi, lib
from pysock.raw.fin import got_fin
from pysock.tcp.turn import newest_data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors import SocketError


def note_conversation(
    error: SocketError,
    fd: int,
    *,
    sent_fin: bool = False,
) -> None:
    """Put `delivery` and what `code` is chosen from on an exception.

    Args:
        error: the exception of a read or write, its `tcp_info` set.
        fd: the socket, right after the failure.
        sent_fin: whether this program has shut its write side down.

    Three system calls, none of which changes or blocks; nothing is put where
    the kernel does not say.
    """
    info = error.tcp_info
    if info is None or not info.was_established:
        return
    error._sent_fin = sent_fin or info.state in FIN_SENT
    queued = lib.pysock_send_queue(fd)
    if queued < 0:
        return
    error._fin_came = got_fin(fd, info.state)
    error._newest_data = newest_data(info, queued, _quick_ack(fd))
    error.delivery = delivery(
        info, queued, error._fin_came, sent_fin=error._sent_fin
    )


def _quick_ack(fd: int) -> bool | None:
    value = ffi.new("int *")
    if lib.pysock_get_option(fd, IPPROTO_TCP, TCP_QUICKACK, value) < 0:
        return None
    return bool(value[0])
