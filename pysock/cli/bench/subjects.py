"""What `pysock bench` can measure: subject, titles, measuring functions."""

from __future__ import annotations

from collections.abc import Callable

from pysock.cli.bench import accept, connect, data, diag, drain, info
from pysock.cli.bench.progress import Progress
from pysock.cli.bench.rounds import Measurement, Plan

MEASURING: dict[str, dict[str, Callable[[Plan], Measurement]]] = {
    "accept": {
        "accept, one by one": drain.drain,
        "accept with a timeout": drain.drain_with_timeout,
        "accept under load": accept.server_cpu_full_queue,
    },
    "connect": {"connect": connect.many},
    "data": {
        "send and recv": data.exchange_with_peers,
        "send and recv with a timeout": data.exchange_with_timeout,
        "recv that would block": data.would_block,
    },
    "info": {"tcp_info": info.read},
    "diag": {"sock_diag": diag.dump},
}


def measure(
    subject: str, *, rounds: int | None, quick: bool
) -> list[tuple[str, Measurement]]:
    """Measure all of a subject; titles and what was found."""
    found = []
    for title, measuring in MEASURING[subject].items():
        progress = Progress(title)
        try:
            found.append((title, measuring(Plan(quick, rounds, progress))))
        finally:
            progress.finish()
    return found
