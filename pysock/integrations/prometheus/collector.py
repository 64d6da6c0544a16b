"""The sockets of a network namespace, read whenever Prometheus asks."""

from __future__ import annotations

from _thread import allocate_lock
from collections import Counter

from pysock import sock_diag
from pysock.explain.escape import printable
from pysock.integrations.prometheus.connections import Connections
from pysock.integrations.prometheus.deaths import Deaths
from pysock.integrations.prometheus.families import Families
from pysock.integrations.prometheus.listeners import Listeners
from pysock.integrations.prometheus.names import OTHER, Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from pysock.sock_diag import Entry

# Label values of each kind; beyond, what is left is `other`.
MOST = 50


class SocketCollector:
    """A collector of prometheus_client; gather it with a registry.

    Connections are told by direction (`in`: to a listener here), the port of
    the service, and the peer: a host that this machine connects to, a network
    (/24, IPv6 /64) of those that connect to it. What gRPC has a name for (its
    proposal A80) has that name; rates are in bytes a second, as Prometheus
    wants them. Counters have what each socket has counted, from its
    beginning, and keep that when it has died.

    Collecting walks the kernel's table and, for the processes, `/proc`;
    threads take turns.
    """

    def __init__(
        self,
        *,
        netns: str | int | None = None,
        processes: bool = True,
        most: int = MOST,
    ) -> None:
        """Begin to listen for the deaths of sockets, in a thread.

        Args:
            netns: another network namespace; see `sock_diag.sockets`.
            processes: whether to look for who holds a socket. Without
                privilege only this user's are found; others are `unknown`.
            most: values that the labels have at most, of each kind; the rest
                is summed up as `other`.

        Raises:
            DiagError: there is no such namespace (`ENOENT`).
            DiagDeniedError: no right to go there (`EPERM`, `EACCES`).
            ValueError: no name of a namespace.
        """
        self._netns = netns
        self._with_processes = processes
        self._processes: Names[str] = Names(most)
        self._listeners = Listeners(most)
        self._connections = Connections(most)
        self._lock = allocate_lock()
        self._deaths = Deaths(netns)

    def close(self) -> None:
        """End it: the thread, and its descriptors."""
        with self._lock:
            self._deaths.close()

    def describe(self) -> Iterable[Metric]:
        """Name the metrics, for the registry; looks at nothing."""
        return Families().all()

    def collect(self) -> Iterable[Metric]:
        """Look at every socket.

        Raises:
            DiagError: the kernel's table cannot be read.
        """
        with self._lock:
            return self._look().all()

    def _look(self) -> Families:
        entries = list(
            sock_diag.sockets(
                memory=True,
                processes=self._with_processes,
                netns=self._netns,
            )
        )
        # Taken after: who has died since is in both, and counts once.
        dead = self._deaths.take()
        names = {entry.cookie: self._process(entry) for entry in entries}
        self._processes.admit(names.values())
        self._processes.forget()
        families = Families()
        states = Counter(
            (entry.state.name, self._known(names[entry.cookie]))
            for entry in entries
        )
        for label, count in states.items():
            families.sockets.add_metric(label, count)
        families.add_queues(
            self._listeners.read(entries, lambda entry: names[entry.cookie])
        )
        families.add_drops(self._listeners.drops())
        families.add_groups(self._connections.read(entries, dead))
        families.add_sums(self._connections.sums())
        lost = self._deaths.lost
        if lost is not None:
            families.lost.add_metric((), lost)
        return families

    def _process(self, entry: Entry) -> str:
        if not entry.inode:
            return "no process"
        held = entry.processes
        return printable(min(held).name) if held else "unknown"

    def _known(self, name: str) -> str:
        return name if name in self._processes else OTHER
