"""A picture of what was measured: one bar for each side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pysock.cli.bench.rounds import Measurement, quartiles
from pysock.cli.bench.show import unit_of

OURS, THEIRS, FLOOR = "#1f6f8b", "#b8b8b8", "#e0a030"
_INCHES_PER_BAR, _INCHES_AROUND = 0.34, 0.9


class NoMatplotlibError(RuntimeError):
    """matplotlib is not installed."""


def save(
    path: Path,
    measurements: Sequence[tuple[str, Measurement]],
    environment: dict[str, str],
) -> None:
    """Draw bars for medians, with the range of half of the rounds.

    Args:
        path: where to; its suffix says which format (png, svg, pdf).
        measurements: title and result.
        environment: goes below the bars.

    Raises:
        NoMatplotlibError: matplotlib is not installed.
        ValueError: matplotlib does not know the format.
        OSError: the file cannot be written.
    """
    figure_class, subplots_kwargs = _figure(measurements)
    figure = figure_class(**subplots_kwargs, layout="constrained")
    heights = [len(found.samples) + 1 for _, found in measurements]
    axes = figure.subplots(
        len(measurements), 1, squeeze=False, height_ratios=heights
    )
    for (title, found), [axis] in zip(measurements, axes, strict=True):
        _draw(axis, title, found)
    figure.supxlabel(
        f"{environment['machine']}, {environment['kernel']}, Python "
        f"{environment['python']}, pysock {environment['pysock']}, "
        f"{environment['when'][:10]}",
        fontsize="x-small",
        color="#555555",
    )
    figure.savefig(path, dpi=150)


def _figure(measurements: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NoMatplotlibError(
            "--plot needs matplotlib: pip install 'pysock-tcp[plot]'"
        ) from None
    bars = sum(len(found.samples) for _, found in measurements)
    height = bars * _INCHES_PER_BAR + len(measurements) * _INCHES_AROUND
    return Figure, {"figsize": (8, height + 0.3)}


def _draw(axis: Any, title: str, found: Measurement) -> None:
    names = sorted(found.samples, key=found.median)
    scale, unit = unit_of(found.median(names[-1]))
    for place, name in enumerate(names):
        median = found.median(name) / scale
        low, high = (edge / scale for edge in quartiles(found.samples[name]))
        axis.barh(place, median, color=_color(name), height=0.7)
        axis.hlines(place, low, high, color="#333333", linewidth=1)
        axis.annotate(
            f"{median:.3g}",
            (max(median, high), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    # Room for the number beside the longest bar.
    axis.set_xlim(0, axis.get_xlim()[1] * 1.08)
    axis.set_title(title, loc="left", fontsize="medium")
    axis.set_xlabel(
        f"{unit} of {found.clock} for each {found.operation}", fontsize="small"
    )
    axis.spines[["top", "right"]].set_visible(False)


def _color(name: str) -> str:
    if name == "C":
        return FLOOR
    return OURS if name.startswith("pysock") else THEIRS
