"""Which sockets of a recording matter."""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Readings = list[dict[str, Any]]

# A page has room for so many, side by side.
_MOST = 3


def choose(sockets: list[Readings]) -> list[Readings]:
    """Choose those to draw: in trouble first, then the busy ones.

    Args:
        sockets: the readings of each, in the order of time.
    """
    return sorted(sockets, key=_weight, reverse=True)[:_MOST]


def _weight(readings: Readings) -> tuple[float, ...]:
    """How long it was held up, what it lost and moved, how long it lived."""
    held_up = sum(
        reading["time"] - before["time"]
        for before, reading in pairwise(readings)
        if is_held_up(reading)
    )
    lost = grown(readings, "total_retrans")
    moved = grown(readings, "bytes_acked") + grown(readings, "bytes_received")
    return held_up, lost + _dropped(readings), moved, len(readings)


def is_held_up(reading: dict[str, Any]) -> bool:
    """Whether something kept a socket from its work at that time."""
    if is_full(reading):
        return True
    stall = reading.get("stall")
    return stall is not None and stall["kind"] != "idle"


def is_full(reading: dict[str, Any]) -> bool:
    """Whether a listener's queue has no room."""
    has_room: bool = reading["recv_queue"] <= reading["send_queue"]
    return reading["state"] == "LISTEN" and not has_room


def grown(readings: Readings, name: str) -> float:
    """How far a counter of TCP_INFO has come; 0 where it is not known."""
    known = [
        value
        for reading in readings
        if (value := (reading.get("tcp_info") or {}).get(name)) is not None
    ]
    return max(known[-1] - known[0], 0) if known else 0


def _dropped(readings: Readings) -> int:
    known = [r["drops"] for r in readings if r.get("drops") is not None]
    return max(known[-1] - known[0], 0) if known else 0
