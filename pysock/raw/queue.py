"""The queue of a listener: how many wait, how many may, what was dropped."""

from __future__ import annotations

from errno import EINVAL

from pysock.errors import error_for
from pysock.raw.calls import ffi, lib
from pysock.raw.descriptors import reading
from pysock.raw.evidence import local_address_of
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors import SocketError
    from pysock.tcp.info import TcpInfo

# Index of the drops in SO_MEMINFO.
_DROPS = 8
_MEMORY = ffi.typeof("uint32_t[9]")


class ListenQueue(Record):
    """The queue of completed connections of one listener, at one moment.

    Attributes:
        length: connections that wait for accept.
        limit: the backlog in force: the smaller of what `listen` was given
            and `net.core.somaxconn`. The queue is full when `length` is
            greater: it holds one more.
        dropped: segments that this listener has thrown away in its life;
            `None` on a kernel before 4.12. Growing while the queue is full
            it counts turned-away attempts: a SYN once for each time that it
            was sent, a last ACK of a handshake twice. A reset in the
            handshake counts too, and with TCP_DEFER_ACCEPT a bare ACK: it is
            a trend, not a number of connections.
        syn_received: handshakes that are not complete; `None` unless asked
            for. With syncookies in use they are not remembered.
    """

    length: int
    limit: int
    dropped: int | None
    syn_received: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether the next connection would be turned away."""
        return self.length > self.limit


def read_queue(fd: int) -> ListenQueue:
    """Read the queue of a listener; see `socket.listen_queue`."""
    info = reading("listen_queue", fd)
    length, limit = info.accept_queue_length, info.accept_queue_limit
    if length is None or limit is None:
        raise _not_listening(fd, info)
    return ListenQueue(length, limit, read_drops(fd))


def read_drops(fd: int) -> int | None:
    """Read what a listener has thrown away; `None` if it does not say."""
    values = ffi.new(_MEMORY)
    known = lib.pysock_memory(fd, values, 9) > _DROPS
    return int(values[_DROPS]) if known else None


def _not_listening(fd: int, info: TcpInfo) -> SocketError:
    state = info.state
    said = "an unknown state" if state is None else state.name
    text = f"not a listener (its state is {said})"
    return error_for(
        "listen_queue",
        EINVAL,
        args=(EINVAL, text),
        local_address=local_address_of(fd),
        tcp_info=info,
    )
