"""A table of one line a row at any width: the least of the columns go."""

from __future__ import annotations

from pysock.cli.table import Rich, screen_width
from pysock.errors.escape import printable
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "
_CUT = ".."


class Column(Record):
    """A column of a fitted table.

    Attributes:
        title: its first line.
        rank: the highest goes first when there is no room.
        least: characters below which it goes rather than being cut; `None`
            if it is never cut.
    """

    title: str
    rank: int
    least: int | None = None


def print_fitted(
    columns: Sequence[Column],
    cells: Sequence[Sequence[str]],
    styles: Sequence[str],
) -> None:
    """Print a table, each row on one line.

    On a terminal no line is longer than that is wide, and rows have their
    colours where rich is installed. Into a pipe goes every column whole.

    Args:
        columns: what there is.
        cells: for each column its cells, from the first row to the last.
        styles: for each row its colour in rich's words, or nothing.
    """
    screen = screen_width()
    lines = fitted_lines(columns, cells, screen)
    if screen is not None:
        lines = Rich().coloured(lines, ["bold", *styles])
    # In one piece: a call for each line takes longer than the line.
    print("\n".join(lines))


def fitted_lines(
    columns: Sequence[Column],
    cells: Sequence[Sequence[str]],
    screen: int | None,
) -> list[str]:
    """The lines of a table: the titles, then each row.

    Args:
        columns: what there is.
        cells: as for `print_fitted`; made safe to print here.
        screen: characters that a line may have; `None` for any number.
    """
    safe = [_escaped(column) for column in cells]
    widths = [
        max(len(column.title), max(map(len, texts), default=0))
        for column, texts in zip(columns, safe, strict=True)
    ]
    shown = dict(enumerate(widths))
    if screen is not None:
        shown = _fit(columns, widths, screen)
    whole = [[columns[at].title, *safe[at]] for at in shown]
    return _lines(
        [
            _cut(texts, width, widths[at])
            for texts, (at, width) in zip(whole, shown.items(), strict=True)
        ],
        list(shown.values()),
    )


class Stream:
    """A fitted table whose rows come one by one."""

    def __init__(self, columns: Sequence[Column], widths: Sequence[int]):
        """Print the titles.

        Args:
            columns: what there is.
            widths: characters that each needs. On a terminal what is longer
                is cut.
        """
        screen = screen_width()
        self._rich = None if screen is None else Rich()
        self._shown = dict(enumerate(widths))
        if screen is not None:
            self._shown = _fit(columns, widths, screen)
        self.add([column.title for column in columns], "bold")

    def add(self, cells: Sequence[str], style: str = "") -> None:
        """Print a row, in a colour in rich's words, at once."""
        safe = [[printable(cells[at], None)] for at in self._shown]
        widths = list(self._shown.values())
        if self._rich is None:
            lines = _lines(safe, widths)
        else:
            cut = [
                _cut(texts, width, len(texts[0]))
                for texts, width in zip(safe, widths, strict=True)
            ]
            lines = self._rich.coloured(_lines(cut, widths), [style])
        print(lines[0], flush=True)


def _escaped(texts: Sequence[str]) -> Sequence[str]:
    """What another user calls a process may be in any column."""
    if "".join(texts).isprintable():
        return texts
    return [printable(text, None) for text in texts]


def _cut(texts: Sequence[str], width: int, widest: int) -> Sequence[str]:
    if widest <= width:
        return texts
    whole = max(width - len(_CUT), 0)
    return [
        text if len(text) <= width else text[:whole] + _CUT[:width]
        for text in texts
    ]


def _lines(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Rows as lines, without blanks at their ends."""
    row = _GAP.join(f"%-{width}s" for width in widths)
    return list(map(str.rstrip, map(row.__mod__, zip(*cells, strict=True))))


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
