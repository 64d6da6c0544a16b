"""Sockets and failures as metrics, for programs that Prometheus asks.

    from prometheus_client import REGISTRY
    from pysock.integrations.prometheus import SocketCollector, count_failures

    count_failures()                       # this program's failures, by code
    REGISTRY.register(SocketCollector())   # the sockets of its namespace

`pysock exporter` is a `SocketCollector` behind HTTP. Needs prometheus_client
(`pip install 'pysock-tcp[prometheus]'`).
"""

from pysock.integrations.prometheus.collector import SocketCollector
from pysock.integrations.prometheus.failures import count_failures

__all__ = ["SocketCollector", "count_failures"]
