"""In which order sockets are shown; of numbers the largest first."""

from __future__ import annotations

from pysock.cli.trouble import trouble
from pysock.explain.finding import SEVERITIES
from pysock.sock_diag.columns import by_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.sock_diag import Entry


def by_severity(entry: Entry, severity: str | None, words: str) -> Any:
    """The worst first, and of the ordinary those that have words."""
    worst = len(SEVERITIES) if severity is None else SEVERITIES.index(severity)
    return worst, not words, by_state(entry)


def _by_field(name: str) -> Callable[[Entry], Any]:
    """By a field of TCP_INFO; last those of which it is not known."""

    def key(entry: Entry) -> Any:
        value = getattr(entry.tcp_info, name, None)
        return value is None, -(value or 0), by_state(entry)

    return key


ORDERS: dict[str, Callable[[Entry], Any]] = {
    "state": by_state,
    "trouble": lambda entry: by_severity(entry, *trouble(entry)),
    "local": lambda entry: (entry.local, entry.remote),
    "remote": lambda entry: (entry.remote, entry.local),
    "recv-q": lambda entry: (-entry.recv_queue, by_state(entry)),
    "send-q": lambda entry: (-entry.send_queue, by_state(entry)),
    "retrans": _by_field("total_retrans"),
    "rtt": _by_field("rtt_us"),
    "delivery": _by_field("delivery_rate"),
}
