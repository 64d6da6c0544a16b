"""One socket in a picture: its panels, what held it up, its states."""

from __future__ import annotations

import time

from pysock.cli.plot.choose import grown
from pysock.cli.plot.panels import CONNECTION, LISTENER
from pysock.cli.plot.strips import shade, stalls, states, strip
from pysock.cli.recording import name_of
from pysock.explain.words import duration, many, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Inches: the height of a panel and of a strip with their titles, of a strip
# alone, and of what is above and below.
_PANEL, _STRIP, _BAR, _AROUND = 1.6, 0.55, 0.27, 1.0
# How much a panel may grow where a column beside it has more of them.
_STRETCH = 1.5
# Seconds that two looks are apart at least.
_LEAST = 0.01
# From so many seconds on, time is in minutes, and then in hours.
_SCALES = ((3 * 3600.0, 3600.0, "hours"), (300.0, 60.0, "minutes"))


class Column:
    """One socket.

    Attributes:
        height: inches that it wants.
    """

    def __init__(
        self, readings: list[dict[str, Any]], start: float, end: float
    ) -> None:
        """Sort out what there is to show.

        Args:
            readings: of the socket, in the order of time.
            start: when the picture begins, in seconds since the epoch.
            end: when it ends.
        """
        self._title = name_of(readings[0])
        listens = all(reading["remote_port"] == 0 for reading in readings)
        self._listens = listens
        # Of one look there is no length.
        length = end - start if end - start > _LEAST else 1.0
        scale, self._unit = next(
            ((s, unit) for least, s, unit in _SCALES if length >= least),
            (1.0, "seconds"),
        )
        self._end = length / scale
        self._begins = start
        self._all = readings
        self._all_times = [(r["time"] - start) / scale for r in readings]
        # A dead listener has no queue any more, which is not an empty one.
        alive = [reading for reading in readings if not reading.get("is_last")]
        self._readings = alive if listens and alive else readings
        self._times = self._all_times[: len(self._readings)]
        self._stalls = stalls(self._readings, self._times)
        panels = LISTENER if listens else CONNECTION
        self._panels = [
            panel for panel in panels if panel.is_there(self._readings)
        ]
        strips = 1 + bool(self._stalls)
        self._around = _AROUND + _STRIP * strips
        self.height: float = self._around + _PANEL * len(self._panels)

    def draw(self, figure: Any, width: float, height: float) -> None:
        """Draw it.

        Args:
            figure: where; it has nothing else.
            width: of the figure, in inches.
            height: likewise; panels grow with it a little, strips do not.
        """
        from matplotlib.ticker import MaxNLocator

        panels = self._panels
        bars = [_BAR] * (1 + bool(self._stalls))
        room = height - self._around
        each = min(room / max(len(panels), 1), _PANEL * _STRETCH)
        rest = room - each * len(panels)
        heights = [*[each] * len(panels), *bars, *[rest] * (rest > _BAR)]
        axes = figure.subplots(
            len(heights), 1, squeeze=False, sharex=True,
            gridspec_kw={"height_ratios": heights},
        )[:, 0]  # fmt: skip
        figure.suptitle(f"{self._title}\n{self._summary()}", fontsize=10)
        for axis, panel in zip(axes, panels, strict=False):
            panel.draw(axis, self._times, self._readings)
            shade(axis, self._stalls)
        below = axes[len(panels) : len(panels) + len(bars)]
        for unused in axes[len(panels) + len(bars) :]:
            unused.set_axis_off()
        if self._stalls:
            strip(below[0], "stands still", self._stalls, self._end, width)
        spans = states(self._all, self._all_times, self._end)
        strip(below[-1], "state", spans, self._end, width)
        clock = time.strftime("%H:%M:%S", time.localtime(self._begins))
        last = below[-1]
        last.set_xlim(0, self._end)
        last.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
        last.tick_params(labelsize=8, labelbottom=True)
        last.set_xlabel(f"{self._unit} since {clock}", fontsize=9)

    def _summary(self) -> str:
        """What it did in all, in words."""
        readings = self._readings
        if self._listens:
            longest = max(reading["recv_queue"] for reading in readings)
            return (
                f"{longest:,} in the queue at most, room for "
                f"{readings[-1]['send_queue'] + 1:,}"
            )
        words = []
        for name, said in (
            ("bytes_acked", "acknowledged by the peer"),
            ("bytes_received", "received"),
        ):
            # A FIN counts as a byte, and is none.
            if (amount := grown(readings, name)) > 1:
                words.append(f"{size(int(amount))} {said}")
        if again := grown(readings, "total_retrans"):
            words.append(f"{many(int(again), 'segment')} sent again")
        words = words or ["nothing sent or received"]
        if all(panel.title != "round trip" for panel in self._panels) and (
            rtt := (readings[-1].get("tcp_info") or {}).get("rtt_us")
        ):
            words.append(f"round trip {duration(rtt / 1e6)}")
        return ", ".join(words)
