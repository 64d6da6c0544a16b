"""The failures of a program, counted by what happened."""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter

from pysock.dropin.on_failure import on_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

    from pysock.errors import SocketError


def count_failures(
    registry: CollectorRegistry = REGISTRY,
) -> Callable[[], None]:
    """Count each failure that `pysock.on_failure` tells of.

    The counter is `pysock_failures_total`, its labels `code` and `call`: as
    many as pysock has codes and calls, whoever the peers are. It is one of
    prometheus_client's own, so its multiprocess mode works.

    Args:
        registry: where the counter goes.

    Returns:
        a function that stops it and takes the counter away.

    Raises:
        ValueError: the registry has a counter of that name.
    """
    counter = Counter(
        "pysock_failures",
        "Failures of sockets as they were raised, by pysock's code.",
        ("code", "call"),
        registry=registry,
    )

    def count(error: SocketError) -> None:
        counter.labels(error.code, error.call or "").inc()

    stop = on_failure(count)

    def end() -> None:
        stop()
        registry.unregister(counter)

    return end
