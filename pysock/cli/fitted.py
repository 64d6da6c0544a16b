"""A table of one line a row at any width: the least of the columns go."""

from __future__ import annotations

from collections import namedtuple

from pysock.cli.table import Rich, screen_width
from pysock.errors.escape import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "
_CUT = ".."


class Column(namedtuple("Column", "title rank least", defaults=(None,))):
    """A column of a fitted table.

    Attributes:
        title: its first line.
        rank: the highest goes first when there is no room.
        least: characters below which it goes rather than being cut; `None`
            if it is never cut.
    """

    __slots__ = ()

    title: str
    rank: int
    least: int | None


class Row(namedtuple("Row", "cells style", defaults=("",))):
    """A row: a cell for each column, and its colour in rich's words."""

    __slots__ = ()

    cells: Sequence[str]
    style: str


def print_fitted(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Print the rows, each on one line.

    On a terminal no line is longer than that is wide, and rows have their
    colours where rich is installed. Into a pipe goes every column whole.
    """
    escaped = [
        row._replace(cells=[printable(cell, None) for cell in row.cells])
        for row in rows
    ]
    widths = [
        max(len(column.title), *(len(row.cells[at]) for row in escaped), 1)
        for at, column in enumerate(columns)
    ]
    screen = screen_width()
    shown = dict(enumerate(widths))
    if screen is not None:
        shown = _fit(columns, widths, screen)
    rich = None if screen is None else Rich()
    titles = Row([column.title for column in columns], "bold")
    for row in (titles, *escaped):
        line = _GAP.join(
            _cell(row.cells[at], width) for at, width in shown.items()
        ).rstrip()
        if rich is not None and rich.console is not None:
            rich.print(line, row.style, 0)
        else:
            print(line)


def _cell(text: str, width: int) -> str:
    if len(text) > width:
        text = text[: max(width - len(_CUT), 0)] + _CUT[:width]
    return text.ljust(width)


def _fit(
    columns: Sequence[Column], widths: Sequence[int], screen: int
) -> dict[int, int]:
    """The width of each column that is shown, in the columns' order."""
    by_rank = sorted(range(len(columns)), key=lambda at: columns[at].rank)
    shown: dict[int, int] = {}
    left = screen + len(_GAP)
    for at in by_rank:
        room = left - len(_GAP)
        least = columns[at].least
        needed = widths[at] if least is None else min(widths[at], least)
        if not shown:
            # The most important one is shown, whatever it takes.
            needed = min(needed, screen)
        elif needed > room:
            continue
        shown[at] = needed
        left -= needed + len(_GAP)
    for at in by_rank:
        if at in shown:
            more = min(widths[at] - shown[at], left)
            shown[at] += more
            left -= more
    return dict(sorted(shown.items()))
