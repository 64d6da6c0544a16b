"""Round trips, rates and losses of connections, by groups of peers."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

from pysock.integrations.prometheus.ledger import Ledger
from pysock.integrations.prometheus.names import OTHER, Names
from pysock.integrations.prometheus.peers import peer_of
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pysock.sock_diag import Entry
    from pysock.tcp.info import TcpInfo

# From a loopback to a satellite, in seconds; from a modem to a data centre,
# in bytes a second.
SECONDS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
BYTES_PER_SECOND = (1e4, 1e5, 1e6, 1e7, 1e8, 1e9)


class Spread:
    """How many connections are up to each bound.

    Attributes:
        total: the sum of their values.
    """

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total: float = 0.0

    def add(self, value: float) -> None:
        """Count one connection."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound and how many do not exceed it; the last has all."""
        words = [*(str(bound) for bound in self._bounds), "+Inf"]
        return list(zip(words, accumulate(self._counts), strict=True))


class Group:
    """The connections with one group of peers, as they are now."""

    __slots__ = ("delivery_rate", "min_rtt", "rtt")

    def __init__(self) -> None:
        self.rtt = Spread(SECONDS)
        self.min_rtt = Spread(SECONDS)
        self.delivery_rate = Spread(BYTES_PER_SECOND)

    def add(self, info: TcpInfo) -> None:
        """Count one connection; what it has no sample of is left out."""
        if info.rtt_us:
            self.rtt.add(info.rtt_us / 1e6)
        if info.min_rtt_us is not None:
            self.min_rtt.add(info.min_rtt_us / 1e6)
        if info.delivery_rate:
            self.delivery_rate.add(info.delivery_rate)


class Connections:
    """Reads connections, and adds up what they have sent and lost."""

    def __init__(self, most: int) -> None:
        self._names: dict[str, Names[tuple[str, ...]]] = {
            direction: Names(most) for direction in ("in", "out")
        }
        self._sums = Ledger()

    def read(
        self, entries: Iterable[Entry], dead: Iterable[Entry]
    ) -> dict[tuple[str, ...], Group]:
        """Sort connections by peer.

        Args:
            entries: every socket.
            dead: those that have died since the last look.

        Returns:
            the groups: direction, port of the service, peer.
        """
        listening = {
            entry.local_port
            for entry in entries
            if entry.state is TcpState.LISTEN
        }
        alive, gone = _with_info(entries), _with_info(dead)
        # A connection stays in its group when its listener has gone.
        peers = {
            entry.cookie: self._sums.labels_of(entry.cookie)
            or peer_of(entry, listening)
            for entry, _ in (*alive, *gone)
        }
        self._admit(peers.values())
        groups: dict[tuple[str, ...], Group] = {}
        for entry, info in alive:
            label = self._note(entry, info, peers[entry.cookie])
            groups.setdefault(label, Group()).add(info)
        for entry, info in gone:
            self._note(entry, info, peers[entry.cookie])
            self._sums.end(entry.cookie)
        self._sums.forget()
        return groups

    def sums(self) -> Iterable[tuple[tuple[str, ...], list[int]]]:
        """Packets with data sent, sent again, and sent again needlessly."""
        return self._sums.totals()

    def _admit(self, peers: Collection[tuple[str, ...]]) -> None:
        for direction, names in self._names.items():
            names.admit(
                peer
                for peer in peers
                if peer[0] == direction and peer[1] != OTHER
            )
            for name in names.forget():
                self._sums.drop(name)

    def _note(
        self, entry: Entry, info: TcpInfo, peer: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Add what it has counted; the group that it is in."""
        is_known = peer in self._names[peer[0]]
        label = peer if is_known else (peer[0], OTHER, OTHER)
        self._sums.note(entry.cookie, label, _counts(info))
        return label


def _with_info(entries: Iterable[Entry]) -> list[tuple[Entry, TcpInfo]]:
    """The connections that are more than a stub in the kernel."""
    return [
        (entry, info)
        for entry in entries
        if entry.remote_port and (info := entry.tcp_info) is not None
    ]


def _counts(info: TcpInfo) -> tuple[int, ...]:
    """What gRPC counts under these names, `None` before a handshake as 0."""
    return (
        info.data_segs_out or 0,
        info.total_retrans or 0,
        info.dsack_dups or 0,
    )
