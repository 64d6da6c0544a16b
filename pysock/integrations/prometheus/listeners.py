"""The accept queues of a namespace, summed by address and process."""

from __future__ import annotations

from pysock.explain.machine.queue_waits import queue_waits
from pysock.explain.machine.survey import shown
from pysock.integrations.prometheus.ledger import Ledger
from pysock.integrations.prometheus.names import OTHER, Names
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pysock.sock_diag import Entry


class Queue:
    """The listeners of one address and process: several share a port.

    Attributes:
        length: connections that wait for accept.
        limit: the backlogs, added up.
        full: how many of the listeners have no room left.
        wait_ms: how long the first in the queue has waited; `None` if nobody
            waits, the kernel does not say, or it may be another's who listens
            at the same address.
    """

    __slots__ = ("full", "length", "limit", "wait_ms")

    def __init__(self) -> None:
        self.length: int = 0
        self.limit: int = 0
        self.full: int = 0
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
        queue_of: dict[int, Queue] = {}
        for entry, name in found:
            label = name if name in self._names else (OTHER, OTHER)
            queue = queues.setdefault(label, Queue())
            queue.length += entry.recv_queue
            queue.limit += entry.send_queue
            # The kernel takes one more than the limit.
            queue.full += entry.recv_queue > entry.send_queue
            queue_of[entry.cookie] = queue
            if entry.drops is not None:
                self._drops.note(entry.cookie, label, (entry.drops,))
        self._drops.forget()
        for gone in self._names.forget():
            self._drops.drop(gone)
        _time_waits(entries, queue_of)
        return queues

    def drops(self) -> Iterable[tuple[tuple[str, ...], int]]:
        """What each has thrown away: SYNs and last ACKs, in segments."""
        return ((label, sums[0]) for label, sums in self._drops.totals())


def _time_waits(entries: Iterable[Entry], queue_of: dict[int, Queue]) -> None:
    """Of listeners with several processes nobody knows whose one waits."""
    for listeners, waited in queue_waits(entries):
        queues = {id(q): q for q in (queue_of[e.cookie] for e in listeners)}
        if len(queues) == 1:
            [queue] = queues.values()
            queue.wait_ms = max(waited, queue.wait_ms or 0)
