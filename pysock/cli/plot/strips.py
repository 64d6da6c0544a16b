"""Spans of time with a word each: states, and what held a socket up."""

from __future__ import annotations

from pysock.cli.plot.choose import is_full
from pysock.tcp.record import Record
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Okabe and Ito's colours, which the colour blind can tell apart: the life of
# a connection from dawn to dusk.
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
_DARK = {"CLOSE", "FIN_WAIT2", "LAST_ACK", "CLOSE_WAIT", "ESTABLISHED"}
# By the kind of a stall; the last is a listener's.
_STALLS = {
    "peer_silent": ("the peer does not answer", "#d55e00"),
    "window_closed": ("the peer's program does not read", "#e69f00"),
    "send_buffer": ("the send buffer is too small", "#cc79a7"),
    "not_reading": ("this program does not read", "#e69f00"),
    "idle": ("nothing to send", "#bbbbbb"),
    "full": ("the queue is full", "#d55e00"),
}
# Inches that a character of a word in a strip takes.
_CHARACTER = 0.062


class Span(Record):
    """A time with a word.

    Attributes:
        start: in the unit of the picture.
        end: likewise.
        word: what was so.
        colour: of the span.
        is_dark: whether what is written on it has to be white.
    """

    start: float
    end: float
    word: str
    colour: str
    is_dark: bool


def states(
    readings: list[dict[str, Any]], times: list[float], whole: float
) -> list[Span]:
    """The states that were seen, each until the next one was.

    The last has no end; it gets a sliver of the whole time.
    """
    spans: list[Span] = []
    until = [*times[1:], times[-1] + whole * 0.004]
    for reading, start, end in zip(readings, times, until, strict=True):
        name = reading["state"]
        word = "closed" if name == "CLOSE" else str(TcpState[name])
        colour = _STATE_COLOURS[name]
        _extend(spans, Span(start, end, word, colour, name in _DARK))
    return spans


def stalls(readings: list[dict[str, Any]], times: list[float]) -> list[Span]:
    """What stood still, from the look before to the one that tells."""
    spans: list[Span] = []
    before = times[0]
    for reading, now in zip(readings, times, strict=True):
        kind = _kind(reading)
        if kind is not None and now > before:
            _extend(spans, Span(before, now, *_STALLS[kind], False))
        before = now
    return spans


def _kind(reading: dict[str, Any]) -> str | None:
    if is_full(reading):
        return "full"
    stall = reading.get("stall")
    kind = None if stall is None else stall["kind"]
    return kind if kind in _STALLS else None


def _extend(spans: list[Span], span: Span) -> None:
    """Add a span, or let the one before go on."""
    if spans and spans[-1].word == span.word and spans[-1].end == span.start:
        spans[-1] = spans[-1]._replace(end=span.end)
    else:
        spans.append(span)


def shade(axis: Any, spans: list[Span]) -> None:
    """Colour the ground of a panel where something stood still."""
    for span in spans:
        axis.axvspan(
            span.start, span.end, color=span.colour, alpha=0.18, linewidth=0,
            zorder=0,
        )  # fmt: skip


def strip(
    axis: Any, title: str, spans: list[Span], whole: float, width: float
) -> None:
    """Draw bars of colour, with their words inside where there is room.

    Args:
        axis: where.
        title: what the strip is about.
        spans: in the order of time.
        whole: length of the picture, in its unit.
        width: of the picture, in inches.
    """
    from matplotlib.patches import Patch

    colours = {span.word: span.colour for span in spans}
    said = set()
    for span in spans:
        length = span.end - span.start
        axis.barh(
            0, length, left=span.start, height=1, color=span.colour,
            linewidth=0,
        )  # fmt: skip
        if len(span.word) * _CHARACTER < length / whole * width * 0.85:
            said.add(span.word)
            axis.text(
                span.start + length / 2, 0, span.word, ha="center",
                va="center", fontsize=8,
                color="white" if span.is_dark else "black",
            )  # fmt: skip
    axis.set_yticks([])
    axis.set_ylim(-0.5, 0.5)
    axis.set_title(title, loc="left", fontsize=9)
    axis.spines[["top", "right", "left"]].set_visible(False)
    unsaid = [
        Patch(color=colour, label=word)
        for word, colour in colours.items()
        if word not in said
    ]
    if not unsaid:
        return
    axis.legend(
        handles=unsaid, loc="lower right", bbox_to_anchor=(1, 1),
        borderaxespad=0.2, ncols=len(unsaid), fontsize=8, frameon=False,
        handlelength=1, columnspacing=1,
    )  # fmt: skip
