"""The panels of a picture: what each shows, and when there is nothing."""

from __future__ import annotations

from itertools import pairwise
from math import nan

from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Readings = list[dict[str, Any]]

_BLUE, _ORANGE, _GREEN, _RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"


class Panel(Record):
    """One panel.

    Attributes:
        title: what it shows.
        unit: of its values, `""` for a number of things.
        is_there: whether readings have anything to show.
        lines: draws them.
    """

    title: str
    unit: str
    is_there: Callable[[Readings], bool]
    lines: Callable[[Any, list[float], Readings], None]

    def draw(self, axis: Any, times: list[float], readings: Readings) -> None:
        """Draw it, with the legend above and not on the lines."""
        from matplotlib.ticker import (
            EngFormatter,
            MaxNLocator,
            StrMethodFormatter,
        )

        self.lines(axis, times, readings)
        # Of a byte, a segment or a connection there is no half.
        whole = self.unit != "s"
        axis.yaxis.set_major_locator(
            MaxNLocator(4, steps=[1, 2, 5, 10], integer=whole)
        )
        axis.yaxis.set_major_formatter(
            EngFormatter(unit=self.unit)
            if self.unit
            else StrMethodFormatter("{x:,.0f}")
        )
        axis.grid(visible=True, alpha=0.3)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        # From 0, with room for a line at the top.
        top = axis.get_ylim()[1] * 1.04
        axis.set_ylim(0, max(top, 1.0) if whole else top)
        axis.set_title(self.title, loc="left", fontsize=9)
        handles, _ = axis.get_legend_handles_labels()
        if not handles:
            return
        axis.legend(
            loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2,
            ncols=len(handles), fontsize=8, frameon=False, handlelength=1.5,
            columnspacing=1,
        )  # fmt: skip


def _values(readings: Readings, name: str, scale: float = 1.0) -> list[float]:
    """A field of TCP_INFO at every reading; a gap where there is none."""
    found = []
    for reading in readings:
        value = (reading.get("tcp_info") or {}).get(name)
        found.append(nan if value is None else value * scale)
    return found


def _number(readings: Readings, name: str, scale: float = 1.0) -> list[float]:
    """The same, of a number of the reading itself."""
    return [
        nan if (value := reading.get(name)) is None else value * scale
        for reading in readings
    ]


def _growth(values: list[float]) -> list[float]:
    """How much a counter has grown since the reading before."""
    return [nan, *(max(now - then, 0) for then, now in pairwise(values))]


def _rates(readings: Readings, name: str) -> list[float]:
    """The same for each second."""
    seconds = _growth([reading["time"] for reading in readings])
    return [
        grown / passed if passed > 0 else nan
        for grown, passed in zip(
            _growth(_values(readings, name)), seconds, strict=True
        )
    ]


def _any(*series: list[float], more_than: float = 0) -> bool:
    """Whether something is known, and more than 0."""
    return any(value > more_than for values in series for value in values)


def _has_rate(readings: Readings) -> bool:
    # The kernel counts a FIN as a byte; it is none.
    return _any(
        _growth(_values(readings, "bytes_acked")),
        _growth(_values(readings, "bytes_received")),
        more_than=1,
    )


def _rate(axis: Any, times: list[float], readings: Readings) -> None:
    for name, colour, label in (
        ("bytes_acked", _BLUE, "acknowledged by the peer"),
        ("bytes_received", _GREEN, "received"),
    ):
        rates = _rates(readings, name)
        if _any(rates):
            # What grew between two looks is drawn between them.
            axis.step(times, rates, where="pre", color=colour, label=label)


def _in_flight(readings: Readings) -> list[float]:
    return [
        segments * size
        for segments, size in zip(
            _values(readings, "unacked"),
            _values(readings, "snd_mss"),
            strict=True,
        )
    ]


def _has_waiting(readings: Readings) -> bool:
    return _any(
        _in_flight(readings),
        _values(readings, "notsent_bytes"),
        _number(readings, "recv_queue"),
        more_than=1,
    )


def _waiting(axis: Any, times: list[float], readings: Readings) -> None:
    flight = _in_flight(readings)
    if _any(flight):
        axis.fill_between(
            times, flight, step="post", color=_BLUE, alpha=0.4, linewidth=0,
            label="in flight",
        )  # fmt: skip
    for values, colour, label in (
        (_values(readings, "notsent_bytes"), _ORANGE, "not sent yet"),
        (_number(readings, "recv_queue"), _RED, "not read by this program"),
    ):
        if _any(values):
            axis.step(times, values, where="post", color=colour, label=label)


def _has_round_trip(readings: Readings) -> bool:
    known = {value for value in _values(readings, "rtt_us") if value > 0}
    return len(known) > 1


def _round_trip(axis: Any, times: list[float], readings: Readings) -> None:
    rtt = _values(readings, "rtt_us", 1e-6)
    spread = _values(readings, "rttvar_us", 1e-6)
    # Before the first sample the kernel has a deviation but no round trip.
    low = [max(r - s, 0) for r, s in zip(rtt, spread, strict=True)]
    high = [r + s for r, s in zip(rtt, spread, strict=True)]
    axis.fill_between(
        times, low, high, color=_GREEN, alpha=0.2, linewidth=0,
        label="its deviation",
    )  # fmt: skip
    axis.plot(times, rtt, color=_GREEN, label="smoothed")
    axis.plot(
        times, _values(readings, "min_rtt_us", 1e-6), color=_GREEN,
        linestyle=":", label="least",
    )  # fmt: skip


def _has_window(readings: Readings) -> bool:
    return _any(
        _growth(_values(readings, "bytes_acked")),
        _in_flight(readings),
        _values(readings, "notsent_bytes"),
        more_than=1,
    )


def _window(axis: Any, times: list[float], readings: Readings) -> None:
    axis.step(
        times, _values(readings, "snd_cwnd"), where="post", color=_BLUE,
        label="cwnd",
    )  # fmt: skip
    threshold = _values(readings, "snd_ssthresh")
    if _any(threshold):
        axis.step(
            times, threshold, where="post", color=_ORANGE, linestyle="--",
            label="ssthresh",
        )  # fmt: skip


def _has_losses(readings: Readings) -> bool:
    return _any(_growth(_values(readings, "total_retrans")))


def _losses(axis: Any, times: list[float], readings: Readings) -> None:
    _between(axis, times, _growth(_values(readings, "total_retrans")))


def _between(axis: Any, times: list[float], steps: list[float]) -> None:
    """Draw how many there were between each two looks."""
    known = [step if step > 0 else 0.0 for step in steps]
    axis.fill_between(
        times, known, step="pre", color=_RED, linewidth=0,
        label=f"between two looks ({sum(known):,.0f} in all)",
    )  # fmt: skip


def _always(_: Readings) -> bool:
    return True


def _queue(axis: Any, times: list[float], readings: Readings) -> None:
    axis.fill_between(
        times, _number(readings, "recv_queue"), step="post", color=_BLUE,
        alpha=0.4, linewidth=0, label="waiting",
    )  # fmt: skip
    # The kernel takes one more than the backlog.
    room = [limit + 1 for limit in _number(readings, "send_queue")]
    axis.step(
        times, room, where="post", color=_ORANGE, linestyle="--",
        label="room for",
    )  # fmt: skip


def _has_wait(readings: Readings) -> bool:
    return _any(_number(readings, "queue_wait_ms"))


def _wait(axis: Any, times: list[float], readings: Readings) -> None:
    waits = _number(readings, "queue_wait_ms", 1e-3)
    axis.step(times, waits, where="post", color=_GREEN, label="of the first")


def _has_drops(readings: Readings) -> bool:
    return _any(_growth(_number(readings, "drops")))


def _drops(axis: Any, times: list[float], readings: Readings) -> None:
    _between(axis, times, _growth(_number(readings, "drops")))


CONNECTION = (
    Panel("rate", "B/s", _has_rate, _rate),
    Panel("what waits here", "B", _has_waiting, _waiting),
    Panel("round trip", "s", _has_round_trip, _round_trip),
    Panel("congestion window, segments", "", _has_window, _window),
    Panel("sent again, segments", "", _has_losses, _losses),
)
LISTENER = (
    Panel("accept queue, connections", "", _always, _queue),
    Panel("wait for accept", "s", _has_wait, _wait),
    Panel("dropped, segments", "", _has_drops, _drops),
)
