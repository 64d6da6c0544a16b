"""What is known of sockets while they live, for when they have died.

The last reading of a dead socket says neither since when it was there nor
whose it was. So the table is looked at now and then. A life that falls
between two looks is only known to have been short.
"""

from __future__ import annotations

import time

from pysock import sock_diag
from pysock.sock_diag.processes import owners
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.sock_diag import Entry
    from pysock.sock_diag.processes import Process

# Seconds between two looks; more where one takes longer than a twentieth.
_LEAST = 1.0
_SHARE = 20


class Known:
    """A socket that was seen.

    Attributes:
        seen: when it was seen first (`time.monotonic()`).
        not_yet: when it was not there yet; `None` if nobody had looked.
        inode: 0 until it is accepted.
        is_listener: whether it listens.
    """

    __slots__ = ("inode", "is_listener", "not_yet", "seen")

    def __init__(
        self, entry: Entry, seen: float, not_yet: float | None
    ) -> None:
        self.seen: float = seen
        self.not_yet: float | None = not_yet
        self.inode: int = entry.inode
        self.is_listener: bool = entry.state is TcpState.LISTEN


class Lives:
    """Looks at the table now and then, and remembers.

    Attributes:
        due: when to look again (`time.monotonic()`).
    """

    def __init__(self, family: int | None, netns: str | int | None) -> None:
        self._family, self._netns = family, netns
        self._known: dict[int, Known] = {}
        # Not in the table any more; their deaths may be unread.
        self._gone: dict[int, Known] = {}
        self._held: dict[int, tuple[Process, ...]] = {}
        # The listener of each port.
        self._listening: dict[int, Known] = {}
        self._looked: float | None = None
        self.due: float = time.monotonic()

    def look(self) -> None:
        """Look at the table, and for who holds what is new in it."""
        started = time.monotonic()
        before, known = self._known, {}
        for entry in sock_diag.sockets(
            family=self._family, info=False, netns=self._netns
        ):
            cookie = entry.cookie
            one = before.pop(cookie, None)
            if one is None:
                one = Known(entry, started, self._looked)
            elif not one.inode:
                one.inode = entry.inode
            known[cookie] = one
            if one.is_listener:
                self._listening[entry.local_port] = one
        self._known, self._gone = known, before
        self._hold({one.inode for one in known.values()} - {0})
        self._looked = started
        took = time.monotonic() - started
        self.due = time.monotonic() + max(_LEAST, took * _SHARE)

    def _hold(self, inodes: set[int]) -> None:
        """Look for who has those that are new, and keep the dead for once."""
        last = {one.inode for one in self._gone.values()}
        kept = {
            inode: held
            for inode, held in self._held.items()
            if inode in inodes or inode in last
        }
        self._held = kept | owners(inodes - kept.keys())

    def known(self, entry: Entry) -> Known | None:
        """What was seen of a socket; `None` if it never was."""
        cookie = entry.cookie
        return self._known.get(cookie) or self._gone.get(cookie)

    def lasted(self, entry: Entry) -> tuple[float, float | None]:
        """Seconds that it lasted at least and at most, if it dies now.

        `None` if nobody knows how long it had been there already.
        """
        info, now = entry.tcp_info, time.monotonic()
        if info is not None:
            # Clocks that run from the handshake until the first data.
            for data, clock in (
                (info.bytes_sent, info.last_data_sent_ms),
                (info.bytes_received, info.last_data_recv_ms),
            ):
                if data == 0 and clock is not None:
                    return clock / 1000, clock / 1000
        one = self.known(entry)
        if one is None:
            return 0.0, None if self._looked is None else now - self._looked
        most = None if one.not_yet is None else now - one.not_yet
        return now - one.seen, most

    def held_by(self, entry: Entry) -> tuple[Process, ...]:
        """Who had it; empty if nobody is known to have."""
        one = self.known(entry)
        return () if one is None else self._held.get(one.inode, ())

    def accepted_by(self, entry: Entry) -> tuple[Process, ...]:
        """Who listens at its port, and so had it if it was accepted."""
        listener = self._listening.get(entry.local_port)
        if listener is None:
            return ()
        return self._held.get(listener.inode, ())

    def has_listener(self, port: int) -> bool:
        """Whether a socket was seen that listens at a port."""
        return port in self._listening


def how_it_ended(entry: Entry, lives: Lives) -> str | None:
    """How a socket ended, from its last reading.

    Returns:
        `"closed"` (its FIN was acknowledged), `"cut off"` (it never was: a
        RST came, somebody killed it, or the peer fell silent), `"not
        opened"` (the handshake was never finished), `"not read"`
        (closed with data that nobody had read: the peer got a RST), `"not
        acked"` (with data that the peer never acknowledged), `"listener"`,
        or `None`: cannot tell, also for one that this end has reset, which
        has lost its counters.
    """
    one, info = lives.known(entry), entry.tcp_info
    if one is not None and one.is_listener:
        return "listener"
    if info is None or not entry.remote_port:
        return None
    if not info.was_established:
        return "not opened"
    # A FIN counts 1 in both queues.
    if entry.recv_queue > 1:
        return "not read"
    if entry.send_queue > 1:
        return "not acked"
    return _by_counters(entry, lives)


def _by_counters(entry: Entry, lives: Lives) -> str | None:
    """`bytes_acked` counts the FIN, and the SYN of who connected."""
    info = entry.tcp_info
    if info is None or info.bytes_acked is None or info.bytes_sent is None:
        return None
    more = info.bytes_acked - info.bytes_sent + (info.bytes_retrans or 0)
    if more >= 2:
        return "closed"
    if more <= 0:
        return "cut off"
    if lives.has_listener(entry.local_port):
        return "closed"
    # `delivered` counts segments: a SYN of either side, data, and a FIN.
    segments, delivered = info.data_segs_out, info.delivered
    if info.total_retrans or segments is None or delivered is None:
        return None
    if delivered - segments >= 2:
        return "closed"
    return "cut off" if lives.has_listener(entry.remote_port) else None
