"""The accept queues of a namespace, summed by address and process."""

from __future__ import annotations

from pysock.explain.machine.survey import host_of, shown
from pysock.integrations.prometheus.ledger import Ledger
from pysock.integrations.prometheus.names import OTHER, Names
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pysock.sock_diag import Entry

# Where a listener listens that takes connections to any address.
_ANYWHERE = ("0.0.0.0", "::")
# A connection that no program has taken has no inode, and is in one of these.
_WAITING = (TcpState.ESTABLISHED, TcpState.CLOSE_WAIT)


class Queue:
    """The listeners of one address and process: several share a port.

    Attributes:
        length: connections that wait for accept.
        limit: the backlogs, added up.
        full: how many of the listeners have no room left.
        wait_ms: how long the first in the queue has waited; `None` if nobody
            waits, or the kernel does not say.
    """

    __slots__ = ("full", "length", "limit", "wait_ms")

    def __init__(self) -> None:
        self.length = 0
        self.limit = 0
        self.full = 0
        self.wait_ms: int | None = None


class Listeners:
    """Reads the queues, and adds up what they have dropped."""

    def __init__(self, most: int) -> None:
        self._names: Names[tuple[str, ...]] = Names(most)
        self._drops = Ledger()

    def read(
        self, entries: Iterable[Entry], process_of: Callable[[Entry], str]
    ) -> dict[tuple[str, ...], Queue]:
        """Sum up the listeners among these.

        Args:
            entries: every socket, with memory.
            process_of: names who holds a socket.

        Returns:
            a queue for each address and process.
        """
        found: list[tuple[Entry, tuple[str, ...]]] = [
            (entry, (shown(entry.local), process_of(entry)))
            for entry in entries
            if entry.state is TcpState.LISTEN
        ]
        self._names.admit(label for _, label in found)
        queues: dict[tuple[str, ...], Queue] = {}
        at: dict[tuple[str, int], Queue] = {}
        for entry, name in found:
            label = name if name in self._names else (OTHER, OTHER)
            queue = queues.setdefault(label, Queue())
            queue.length += entry.recv_queue
            queue.limit += entry.send_queue
            # The kernel takes one more than the limit.
            queue.full += entry.recv_queue > entry.send_queue
            at[host_of(entry.local), entry.local_port] = queue
            if entry.drops is not None:
                self._drops.note(entry.cookie, label, (entry.drops,))
        self._drops.forget()
        for gone in self._names.forget():
            self._drops.drop(gone)
        _time_waits(entries, at)
        return queues

    def drops(self) -> Iterable[tuple[tuple[str, ...], int]]:
        """What each has thrown away: SYNs and last ACKs, in segments."""
        return ((label, sums[0]) for label, sums in self._drops.totals())


def _time_waits(
    entries: Iterable[Entry], at: dict[tuple[str, int], Queue]
) -> None:
    for entry in entries:
        if entry.inode or entry.state not in _WAITING:
            continue
        info = entry.tcp_info
        waited = info.queue_wait_ms if info is not None else None
        if waited is None:
            continue
        for host in (host_of(entry.local), *_ANYWHERE):
            queue = at.get((host, entry.local_port))
            if queue is not None:
                queue.wait_ms = max(waited, queue.wait_ms or 0)
                break
