"""A picture of what was measured: one bar for each side."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pysock.cli.bench.rounds import Measurement, quartiles
from pysock.cli.bench.show import unit_of

OURS, THEIRS, FLOOR = "#1f6f8b", "#b8b8b8", "#e0a030"
_KEY = {OURS: "pysock", THEIRS: "others", FLOOR: "the same work in C"}
# Inches: the picture's width; the height of a bar, of what is around those of
# one measurement, and of what is above and below all.
_WIDTH, _BAR, _AROUND, _ENDS = 8.0, 0.34, 0.95, 0.9
_SMALL = {"fontsize": "x-small", "color": "#555555"}


class NoMatplotlibError(RuntimeError):
    """matplotlib is not installed."""


def save(
    path: Path,
    measurements: Sequence[tuple[str, Measurement]],
    environment: dict[str, str],
    *,
    quick: bool = False,
) -> None:
    """Draw bars for medians, with the range of half of the rounds.

    Args:
        path: where to; its suffix says which format (png, svg, pdf).
        measurements: title and result.
        environment: goes below the bars.
        quick: whether the numbers mean nothing; the picture says so.

    Raises:
        NoMatplotlibError: matplotlib is not installed.
        ValueError: matplotlib does not know the format.
        OSError: the file cannot be written.
    """
    compose(measurements, environment, quick=quick).savefig(path, dpi=150)


def compose(
    measurements: Sequence[tuple[str, Measurement]],
    environment: dict[str, str],
    *,
    quick: bool,
) -> Any:
    """Make the picture, a figure of matplotlib; as for `save`."""
    figure = _figure(measurements)
    heights = [len(found.samples) + 1 for _, found in measurements]
    axes = figure.subplots(
        len(measurements), 1, squeeze=False, height_ratios=heights
    )
    for (title, found), [axis] in zip(measurements, axes, strict=True):
        _draw(axis, title, found)
    _add_key(figure, measurements, quick)
    figure.supxlabel(_footer(measurements, environment), **_SMALL)
    return figure


def _figure(measurements: Sequence[tuple[str, Measurement]]) -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise NoMatplotlibError(
            "--plot needs matplotlib: pip install 'pysock-tcp[plot]'"
        ) from None
    bars = sum(len(found.samples) for _, found in measurements)
    height = bars * _BAR + len(measurements) * _AROUND + _ENDS
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _add_key(
    figure: Any, measurements: Sequence[tuple[str, Measurement]], quick: bool
) -> None:
    """Say what the bars are, above all of them."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    used = {
        _color(name) for _, found in measurements for name in found.samples
    }
    key: list[Any] = [
        Patch(color=color, label=label)
        for color, label in _KEY.items()
        if color in used
    ]
    key.append(Line2D([], [], color="#333333", label="middle half of rounds"))
    title = "bars: the median round; shorter is better"
    if quick:
        title = f"--quick: two small rounds, the numbers mean nothing\n{title}"
    legend = figure.legend(
        handles=key,
        title=title,
        loc="outside upper left",
        ncols=len(key),
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        alignment="left",
    )
    if quick:
        legend.get_title().set(color="#c03020", fontweight="bold")


def _footer(
    measurements: Sequence[tuple[str, Measurement]],
    environment: dict[str, str],
) -> str:
    """Where and when, and who could not take part."""
    lines = [
        f"{environment['machine']}, {environment['kernel']}, Python "
        f"{environment['python']}, pysock {environment['pysock']}, "
        f"{environment['when'][:16]}"
    ]
    missing: dict[str, str] = {}
    for _, found in measurements:
        missing |= found.missing
    if missing:
        reasons = "; ".join(dict.fromkeys(missing.values()))
        lines += textwrap.wrap(f"left out: {reasons}", 110)
    return "\n".join(lines)


def _draw(axis: Any, title: str, found: Measurement) -> None:
    names = sorted(found.samples, key=found.median)
    scale, unit = unit_of(found.median(names[-1]))
    for place, name in enumerate(names):
        median = found.median(name) / scale
        low, high = (edge / scale for edge in quartiles(found.samples[name]))
        axis.barh(place, median, color=_color(name), height=0.7)
        axis.hlines(place, low, high, color="#333333", linewidth=1)
        axis.annotate(
            f"{median:.3g} {unit}",
            (max(median, high), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    # Room for the number beside the longest bar.
    axis.set_xlim(0, axis.get_xlim()[1] * 1.12)
    axis.set_title(title, loc="left", fontsize="medium")
    axis.set_xlabel(
        f"{unit} of {found.clock} for each {found.operation}, "
        f"{len(found.samples[names[0]])} rounds: lower is better",
        fontsize="small",
    )
    axis.tick_params(labelsize="small")
    axis.spines[["top", "right"]].set_visible(False)


def _color(name: str) -> str:
    if name == "C":
        return FLOOR
    return OURS if name.startswith("pysock") else THEIRS
