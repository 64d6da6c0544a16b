"""The metrics: their names, units and labels, and how they are filled."""

from __future__ import annotations

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client import Metric

    from pysock.integrations.prometheus.connections import Group
    from pysock.integrations.prometheus.listeners import Queue

    Labels = tuple[str, ...]

_LISTENER = ("listener", "process")
_PEER = ("direction", "port", "peer")


class Families:
    """What one look gives; each is without a value at first.

    What gRPC has a name for (its proposal A80) has that name.
    """

    def __init__(self) -> None:
        self.sockets = GaugeMetricFamily(
            "pysock_sockets",
            "TCP sockets; one that several processes hold counts once.",
            labels=("state", "process"),
        )
        self.length = _queue("length", "Connections that wait for accept.")
        self.limit = _queue(
            "limit", "Backlogs of the listeners of this address, added up."
        )
        self.full = _queue(
            "full", "Listeners of this address whose queue has no room left."
        )
        self.wait = _queue(
            "wait_seconds",
            "How long the first in the queue has waited; absent if nobody.",
        )
        self.drops = CounterMetricFamily(
            "pysock_listener_drops",
            "Segments that listeners threw away, mostly for a full queue.",
            labels=_LISTENER,
        )
        self.rtt = _spread("rtt_seconds", "Smoothed round trip.")
        self.min_rtt = _spread("min_rtt_seconds", "Least round trip of late.")
        self.delivery_rate = _spread(
            "delivery_rate_bytes_per_second",
            "Latest sample of how fast the peer acknowledged.",
        )
        self.sent = _counted(
            "sent", "Segments with data, those sent again included."
        )
        self.retransmitted = _counted(
            "retransmitted", "Segments sent again, SYNs included."
        )
        self.spurious = _counted(
            "spurious_retransmitted",
            "Segments sent again that the peer had, as it said (DSACK).",
        )
        self.lost = CounterMetricFamily(
            "pysock_obituaries_lost",
            "Connections that ended faster than they could be read.",
        )

    def all(self) -> list[Metric]:
        """Each of them."""
        return list(vars(self).values())

    def add_queues(self, queues: Mapping[Labels, Queue]) -> None:
        """Fill in the accept queues."""
        for labels, queue in queues.items():
            self.length.add_metric(labels, queue.length)
            self.limit.add_metric(labels, queue.limit)
            self.full.add_metric(labels, queue.full)
            if queue.wait_ms is not None:
                self.wait.add_metric(labels, queue.wait_ms / 1000)

    def add_drops(self, drops: Iterable[tuple[Labels, int]]) -> None:
        """Fill in what listeners threw away."""
        for labels, count in drops:
            self.drops.add_metric(labels, count)

    def add_groups(self, groups: Mapping[Labels, Group]) -> None:
        """Fill in the connections that there are."""
        for labels, group in groups.items():
            for family, spread in (
                (self.rtt, group.rtt),
                (self.min_rtt, group.min_rtt),
                (self.delivery_rate, group.delivery_rate),
            ):
                family.add_metric(labels, spread.buckets(), spread.total)

    def add_sums(self, sums: Iterable[tuple[Labels, list[int]]]) -> None:
        """Fill in what connections have sent, those that ended too."""
        for labels, (sent, retransmitted, spurious) in sums:
            self.sent.add_metric(labels, sent)
            self.retransmitted.add_metric(labels, retransmitted)
            self.spurious.add_metric(labels, spurious)


def _queue(name: str, said: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(
        f"pysock_listener_queue_{name}", said, labels=_LISTENER
    )


def _spread(name: str, said: str) -> GaugeHistogramMetricFamily:
    return GaugeHistogramMetricFamily(
        f"pysock_tcp_{name}", f"{said} Of the connections now.", labels=_PEER
    )


def _counted(name: str, said: str) -> CounterMetricFamily:
    return CounterMetricFamily(
        f"pysock_tcp_packets_{name}", said, labels=_PEER
    )
