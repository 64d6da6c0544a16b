"""A picture of a recording: what one connection did over time."""

from __future__ import annotations

from pathlib import Path

from pysock.cli.recording import by_socket, name_of
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FORMATS = (".png", ".svg", ".pdf")
# A picture has room for so many; the ones with the most readings are drawn.
_MOST_DRAWN = 4

# The life of a connection from dawn to dusk; okabe-ito, which the colour
# blind can tell apart.
_STATE_COLOURS = {
    "LISTEN": "#999999",
    "SYN_SENT": "#f0e442",
    "SYN_RECV": "#e69f00",
    "ESTABLISHED": "#009e73",
    "CLOSE_WAIT": "#d55e00",
    "FIN_WAIT1": "#56b4e9",
    "FIN_WAIT2": "#0072b2",
    "CLOSING": "#cc79a7",
    "LAST_ACK": "#8c564b",
    "TIME_WAIT": "#bbbbbb",
    "CLOSE": "#333333",
}
_BLUE, _ORANGE, _GREEN, _RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"


def missing(path: str) -> str | None:
    """What stands in the way of a picture, in one sentence."""
    if Path(path).suffix.lower() not in _FORMATS:
        return f"{path}: a picture ends in {', '.join(_FORMATS)}"
    if not Path(path).resolve().parent.is_dir():
        return f"{path}: there is no such directory"
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return "--plot needs matplotlib: pip install 'pysock-tcp[plot]'"
    return None


def draw(readings: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """Draw a recording into a file.

    Args:
        readings: of `pysock watch`.
        path: ends in .png, .svg or .pdf.

    Returns:
        one reading of each socket that was drawn.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sockets = sorted(by_socket(readings).values(), key=len, reverse=True)
    drawn = sockets[:_MOST_DRAWN]
    times = [reading["time"] for each in drawn for reading in each]
    start, end = min(times), max(times) - min(times) or 1.0
    shapes = [
        _LISTENER if _is_listener(each) else _CONNECTION for each in drawn
    ]
    figure = Figure(
        figsize=(10 if len(drawn) == 1 else 6.5 * len(drawn), 8.5),
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    columns = figure.subfigures(1, len(drawn), squeeze=False)[0]
    for column, each, panels in zip(columns, drawn, shapes, strict=True):
        _column(column, each, panels, start, end)
    figure.savefig(path, dpi=110)
    return [each[0] for each in drawn]


def _is_listener(readings: list[dict[str, Any]]) -> bool:
    return all(reading["remote_port"] == 0 for reading in readings)


def _column(
    figure: Any,
    readings: list[dict[str, Any]],
    panels: Any,
    start: float,
    end: float,
) -> None:
    from matplotlib.ticker import MaxNLocator

    heights = [3] * len(panels) + [0.6]
    axes = figure.subplots(
        len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights}
    )
    figure.suptitle(name_of(readings[0]), fontsize=11)
    seconds = [reading["time"] - start for reading in readings]
    # A dead listener has no queue any more, which is not an empty one.
    alive = [reading for reading in readings if not reading.get("is_last")]
    shown = alive if panels is _LISTENER and alive else readings
    for axis, panel in zip(axes, panels, strict=False):
        panel(axis, seconds[: len(shown)], shown)
        # Of a segment, or a connection, there is no half.
        whole = axis.get_ylabel() != "milliseconds"
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=whole))
        axis.grid(visible=True, alpha=0.3)
        # From 0, with room for the legend, and not for rounding errors.
        top = axis.get_ylim()[1] * 1.15
        axis.set_ylim(0, max(top, 1.0) if whole else top)
        axis.set_xlim(0, end)
        handles, _ = axis.get_legend_handles_labels()
        if handles:
            axis.legend(loc="upper left", fontsize=8, framealpha=0.8)
    _state_band(axes[-1], seconds, readings)
    axes[-1].set_xlabel("seconds")


def _values(
    readings: list[dict[str, Any]], name: str, scale: float = 1.0
) -> list[float]:
    """A field of TCP_INFO at every reading; a gap where there is none."""
    values = []
    for reading in readings:
        info = reading.get("tcp_info") or {}
        value = info.get(name)
        values.append(float("nan") if value is None else value * scale)
    return values


def _congestion(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    axis.step(
        seconds, _values(readings, "snd_cwnd"), where="post",
        color=_BLUE, label="cwnd",
    )  # fmt: skip
    threshold = _values(readings, "snd_ssthresh")
    if any(value == value for value in threshold):
        axis.step(
            seconds, threshold, where="post", color=_ORANGE,
            linestyle="--", label="ssthresh",
        )  # fmt: skip
    axis.set_ylabel("segments")


def _round_trip(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    rtt = _values(readings, "rtt_us", 1e-3)
    spread = _values(readings, "rttvar_us", 1e-3)
    # Before the first sample the kernel has a deviation but no round trip.
    low = [max(r - s, 0) for r, s in zip(rtt, spread, strict=True)]
    high = [r + s for r, s in zip(rtt, spread, strict=True)]
    axis.fill_between(seconds, low, high, color=_GREEN, alpha=0.2, linewidth=0)
    axis.plot(seconds, rtt, color=_GREEN, label="rtt, and its deviation")
    axis.plot(
        seconds, _values(readings, "min_rtt_us", 1e-3), color=_GREEN,
        linestyle=":", label="least rtt",
    )  # fmt: skip
    axis.set_ylabel("milliseconds")


def _in_flight(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    unacked = _values(readings, "unacked")
    size = _values(readings, "snd_mss", 1 / 1024)
    flight = [u * s for u, s in zip(unacked, size, strict=True)]
    axis.fill_between(
        seconds, flight, step="post", color=_BLUE, alpha=0.4,
        linewidth=0, label="in flight",
    )  # fmt: skip
    axis.plot(
        seconds, _values(readings, "notsent_bytes", 1 / 1024),
        color=_ORANGE, label="not sent yet",
    )  # fmt: skip
    axis.set_ylabel("KiB")


def _retransmissions(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    total = _values(readings, "total_retrans")
    known = [value for value in total if value == value]
    before = known[0] if known else 0.0
    steps = []
    for value in total:
        steps.append(max(value - before, 0) if value == value else 0)
        before = value if value == value else before
    width = (seconds[-1] - seconds[0]) / max(len(seconds), 1) or 0.01
    axis.bar(
        seconds, steps, width=width, color=_RED,
        label=f"retransmitted ({sum(steps):.0f} in all)",
    )  # fmt: skip
    axis.set_ylabel("segments")


def _queue(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    axis.fill_between(
        seconds, [r["recv_queue"] for r in readings], step="post",
        color=_BLUE, alpha=0.4, linewidth=0, label="accept queue",
    )  # fmt: skip
    axis.step(
        seconds, [r["send_queue"] for r in readings], where="post",
        color=_ORANGE, linestyle="--", label="limit",
    )  # fmt: skip
    axis.set_ylabel("connections")


def _wait(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    waits = [float(r.get("queue_wait_ms") or 0) for r in readings]
    axis.step(seconds, waits, where="post", color=_GREEN, label="oldest wait")
    axis.set_ylabel("milliseconds")


def _drops(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    drops = [float(r.get("drops") or 0) for r in readings]
    axis.step(seconds, drops, where="post", color=_RED, label="dropped")
    axis.set_ylabel("segments")


def _state_band(
    axis: Any, seconds: list[float], readings: list[dict[str, Any]]
) -> None:
    """One bar, coloured by the state, with its word."""
    from matplotlib.patches import Patch

    spans: list[list[Any]] = []
    for at, reading in zip(seconds, readings, strict=True):
        state = reading["state"]
        if spans:
            spans[-1][1] = at
        if not spans or spans[-1][2] != state:
            spans.append([at, at, state])
    end = seconds[-1]
    whole = (end - seconds[0]) or 1.0
    for first, last, state in spans:
        # The last state of a recording has no end; it gets a sliver.
        length = max(last - first, whole * 0.004)
        axis.barh(
            0, length, left=first, height=1, color=_STATE_COLOURS[state],
            linewidth=0,
        )  # fmt: skip
    axis.set_yticks([])
    axis.set_ylabel("state", rotation=0, ha="right", va="center")
    axis.set_ylim(-0.5, 0.5)
    # Below and not inside: most states are shorter than their names.
    states = dict.fromkeys(state for _, _, state in spans)
    axis.legend(
        handles=[
            Patch(color=_STATE_COLOURS[state], label=str(TcpState[state]))
            for state in states
        ],
        loc="upper center", bbox_to_anchor=(0.5, -1.4),
        ncols=len(states), fontsize=8, frameon=False,
    )  # fmt: skip


_CONNECTION = (_congestion, _round_trip, _in_flight, _retransmissions)
_LISTENER = (_queue, _wait, _drops)
