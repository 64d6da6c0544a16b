"""Row 15: connect gets no answer, for the listener's accept queue is full."""

from __future__ import annotations

import _socket
import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address
from pysock.testing.sockets import LOOPBACK, family_of, listening, opened

_TCP_INFO = 11
# Of a listener, tcpi_unacked is the length of its queue.
_UNACKED = slice(24, 28)
_MOST_TRIES = 10_000
_ROOM = 1024


class FullQueue(Address):
    """The address of a listener whose queue is full, and what ends that."""

    _listener: _socket.socket

    def heal(self) -> None:
        """Give the queue room: a SYN that is sent again gets through.

        Nobody accepts from it all the same, as of `accepting_never`.
        """
        self._listener.listen(_ROOM)


@contextlib.contextmanager
def full_queue(*, host: str = LOOPBACK) -> Iterator[FullQueue]:
    """Give the address of a listener whose queue has no place left.

    The kernel drops each SYN, and the client sends it again after 1 s, 3 s
    and so on until its timeout, or until ``heal()``.

    Args:
        host: an IP address of this machine.

    Raises:
        OSError: the address is not this machine's (``EADDRNOTAVAIL``).
    """
    with listening(host, backlog=0) as listener:
        address = listener.getsockname()
        with opened(family_of(host)) as filler:
            filler.connect(address)
            # The last segment of that handshake is handled on this CPU
            # before connect returns, as a rule.
            for _ in range(_MOST_TRIES):
                info = listener.getsockopt(_socket.IPPROTO_TCP, _TCP_INFO, 28)
                if any(info[_UNACKED]):
                    break
            else:
                raise TimeoutError("the queue of a listener does not fill")
            queue = FullQueue(*address[:2])
            queue._listener = listener
            yield queue
