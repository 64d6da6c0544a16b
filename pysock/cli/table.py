"""Tables and fields for a reader, JSON for a program.

On a terminal a table is fitted to its width, in colours where rich is
installed. Into a pipe go plain lines, one for each row, never wrapped.
"""

from __future__ import annotations

import shutil
import sys
import textwrap

from pysock.errors.escape import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Sequence
    from typing import Any

_GAP = "  "
_STYLE = "cyan"
# A text that no style has in its marks.
_STYLED = "x"
# Columns that leave less than this for the last one's text get it below.
_LEAST_TEXT = 40


def add_json_argument(parser: ArgumentParser) -> None:
    """Add `--json`, in the same words to every command."""
    parser.add_argument(
        "--json", action="store_true", help="print a list of JSON objects"
    )


def print_json(objects: Iterable[dict[str, Any]]) -> None:
    """Print a list of objects as JSON."""
    import json

    json.dump(list(objects), sys.stdout, indent=2)
    print()


def print_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of which every row is known."""
    rows = list(rows)
    widths = [
        max(len(row[column]) for row in [titles, *rows])
        for column in range(len(titles) - 1)
    ]
    longest = max(len(row[-1]) for row in [titles, *rows])
    table = Table(titles, widths, longest)
    for row in rows:
        table.add(*row)


def print_fields(fields: Iterable[tuple[str, str]], style: str = "") -> None:
    """Print names and texts, the texts wrapped beside the names.

    Args:
        fields: names and texts.
        style: of the first name alone, in rich's words.
    """
    fields = list(fields)
    table = Table(
        ("", ""),
        [max((len(name) for name, _ in fields), default=0)],
        max((len(text) for _, text in fields), default=0),
    )
    for name, text in fields:
        table.add(name, text, style=style)
        style = ""


def print_sentence(text: str) -> None:
    """Print a text alone, wrapped at the width of the terminal."""
    width = screen_width()
    text = printable(text, None)
    print(text if width is None else textwrap.fill(text, width))


class Table:
    """A table that prints each row at once."""

    def __init__(
        self,
        titles: Sequence[str],
        widths: Sequence[int],
        longest: int = _LEAST_TEXT,
    ) -> None:
        """Begin a table.

        Args:
            titles: one for each column. If all are empty there is no line of
                titles.
            widths: characters that each column needs, but for the last one:
                that takes what is left, and is wrapped.
            longest: characters of the longest text in the last one, if that
                is known: a short one needs less room.
        """
        self._text = min(longest, _LEAST_TEXT)
        self._titles = titles
        self._widths = [
            max(width, len(title))
            for width, title in zip(widths, titles, strict=False)
        ]
        self._taken = sum(self._widths) + len(_GAP) * len(self._widths)
        self._screen = screen_width()
        self._rich = Rich() if self._screen is not None else None
        self._has_titles = any(titles) and not self._is_stacked
        if self._has_titles:
            shown = [*titles[:-1], ""] if self._is_text_below else titles
            self._print_line(shown, style="bold")

    @property
    def _is_stacked(self) -> bool:
        """Whether the terminal is too narrow for columns."""
        return self._screen is not None and self._taken > self._screen

    @property
    def _is_text_below(self) -> bool:
        """Whether the last column goes below the others."""
        if self._screen is None:
            return False
        return self._screen - self._taken < self._text

    def add(self, *cells: str, style: str = "") -> None:
        """Print a row, one cell for each title; a style only for it."""
        if self._is_stacked:
            self._print_stacked(cells)
        elif self._is_text_below and any(self._titles):
            self._print_line([*cells[:-1], ""])
            self._print_text(cells[-1], " " * 4)
        else:
            self._print_line(cells, style)

    def _print_line(self, cells: Sequence[str], style: str = "") -> None:
        row = _GAP.join(
            cell.ljust(width)
            for cell, width in zip(cells, self._widths, strict=False)
        )
        start = row + _GAP if row else ""
        lines = self._wrap(cells[-1], len(start))
        self._print((start + lines[0]).rstrip(), style or _STYLE, len(row))
        for line in lines[1:]:
            self._print(" " * len(start) + line)

    def _print_stacked(self, cells: Sequence[str]) -> None:
        for title, cell in zip(self._titles, cells, strict=True):
            start = f"{title}: " if title else ""
            lines = self._wrap(start + cell, 2)
            self._print(lines[0])
            for line in lines[1:]:
                self._print("  " + line)
        self._print("")

    def _print_text(self, text: str, indent: str) -> None:
        for line in self._wrap(text, len(indent)):
            self._print((indent + line).rstrip(), "dim", len(indent + line))

    def _wrap(self, text: str, taken: int) -> list[str]:
        if self._screen is None:
            return [" ".join(text.split())]
        width = max(self._screen - taken, 16)
        return textwrap.wrap(text, width, break_on_hyphens=False) or [""]

    def _print(self, line: str, style: str = "", length: int = 0) -> None:
        """Print a line, its first characters in a style.

        What is shown may be what another user calls a process.
        """
        line = printable(line, None)
        if self._rich is not None and self._rich.console is not None:
            self._rich.print(line, style, length)
        else:
            # Flushed: the next row of a table may be seconds away.
            print(line, flush=True)


class Rich:
    """rich's console, where that extra is installed."""

    def __init__(self) -> None:
        try:
            from rich.console import Console
        except ImportError:
            self.console = None
            return
        self.console = Console(highlight=False, soft_wrap=True)

    def print(self, line: str, style: str, length: int) -> None:
        """Print a line, its first `length` characters (0: all) in a style."""
        from rich.text import Text

        text = Text(line)
        if style:
            text.stylize(style, 0, length or len(line))
        assert self.console is not None
        self.console.print(text)

    def coloured(self, lines: list[str], styles: list[str]) -> list[str]:
        """Lines with what a terminal takes for a colour, one style each."""
        if self.console is None:
            return lines
        marks = {style: self._marks(style) for style in set(styles)}
        return [
            line.join(marks[style])
            for line, style in zip(lines, styles, strict=True)
        ]

    def _marks(self, style: str) -> tuple[str, str]:
        """What a console puts before and behind a text in this style."""
        from rich.text import Text

        assert self.console is not None
        with self.console.capture() as captured:
            self.console.print(Text(_STYLED, style), end="")
        before, _, behind = captured.get().partition(_STYLED)
        return before, behind


def screen_width() -> int | None:
    """Columns of the terminal; `None` if it is none."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns
