"""A picture of a recording: what connections and listeners did over time."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pysock.cli.plot.choose import choose
from pysock.cli.plot.column import Column
from pysock.cli.recording import by_socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from matplotlib.figure import Figure

_FORMATS = (".png", ".svg", ".pdf")
# Inches: the width of a column that stands alone and of one among others, the
# height of the last line.
_ALONE, _AMONG, _FOOT = 10.0, 6.8, 0.3


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


def draw(
    readings: list[dict[str, Any]], path: str, *, was_here: bool = True
) -> list[dict[str, Any]]:
    """Draw a recording into a file.

    Args:
        readings: of `pysock watch`.
        path: ends in .png, .svg or .pdf.
        was_here: whether this machine was recorded, and is to be named.

    Returns:
        one reading of each socket that was drawn.

    Raises:
        OSError: the file cannot be written.
    """
    figure, drawn = compose(readings, was_here=was_here)
    figure.savefig(path, dpi=110)
    return drawn


def compose(
    readings: list[dict[str, Any]], *, was_here: bool
) -> tuple[Figure, list[dict[str, Any]]]:
    """Make the picture; the figure, and one reading of each socket in it.

    Args:
        readings: as for `draw`.
        was_here: likewise.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sockets = list(by_socket(readings).values())
    drawn = choose(sockets)
    times = [reading["time"] for each in drawn for reading in each]
    start, end = min(times), max(times)
    columns = [Column(each, start, end) for each in drawn]
    width = _ALONE if len(columns) == 1 else _AMONG
    height = max(column.height for column in columns)
    figure = Figure(
        figsize=(width * len(columns), height + _FOOT), layout="constrained"
    )
    FigureCanvasAgg(figure)
    [[body], [foot]] = figure.subfigures(
        2, 1, squeeze=False, height_ratios=[height, _FOOT]
    )
    parts = body.subfigures(1, len(columns), squeeze=False)[0]
    for part, column in zip(parts, columns, strict=True):
        column.draw(part, width, height)
    words = [_when(start, end), _where(was_here)]
    if len(sockets) > len(drawn):
        words.append(
            f"{len(drawn)} of {len(sockets):,} sockets: held up, lossy and "
            f"busy ones first; {len(sockets) - len(drawn):,} left out"
        )
    foot.text(
        0.01, 0.5, "   |   ".join(words), fontsize=8, color="#555555",
        va="center",
    )  # fmt: skip
    return figure, [each[0] for each in drawn]


def _when(start: float, end: float) -> str:
    """From when to when, by this machine's clock and zone."""
    first, last = time.localtime(start), time.localtime(end)
    day = "%Y-%m-%d "
    again = "" if first[:3] == last[:3] else day
    return (
        f"{time.strftime(f'{day}%H:%M:%S', first)} to "
        f"{time.strftime(f'{again}%H:%M:%S %Z', last)}"
    )


def _where(was_here: bool) -> str:
    """A recording does not say which machine it was made on."""
    here = os.uname()
    if was_here:
        return f"{here.nodename}, {here.sysname} {here.release}"
    return f"drawn on {here.nodename}"
