"""What the live view of `pysock watch` shows, as lines; and what keys do."""

from __future__ import annotations

import textwrap

from pysock.cli.fitted import fitted_lines
from pysock.cli.grouping import STYLES
from pysock.cli.live_row import (
    COLUMNS,
    ORDERS,
    cells,
    ends,
    last_words,
    verdict,
)
from pysock.errors.escape import printable
from pysock.explain.words import many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.cli.recording import Reading

# Text and style of one line of the screen.
Line = tuple[str, str]

_HELP = """\
s  S           sort: by the next column, by the one before
/              filter: type words; Enter keeps them, Esc drops them
up down j k    scroll; page up, page down, home, end
p  space       pause: the screen stands still, and nothing is read
?              this help
q  Esc         quit; so do Ctrl-C and Ctrl-D"""
_DEATHS = 5
_SENTENCES = 3


class Page:
    """The screen: in which order, which of them, from where on.

    Attributes:
        is_paused: whether nothing is to be read.
    """

    def __init__(self) -> None:
        self.is_paused: bool = False
        self._readings: list[Reading] = []
        self._dead: list[Reading] = []
        self._held: dict[int, str] = {}
        self._order = "trouble"
        self._filter = ""
        self._is_typing = False
        self._is_help = False
        self._top = 0
        self._room = 1

    def take(self, readings: list[Reading], held: dict[int, str]) -> None:
        """Take the readings of a look, and who holds which inode."""
        self._readings = [one for one in readings if not one.is_last]
        self._dead += [one for one in readings if one.is_last]
        del self._dead[:-_DEATHS]
        self._held = held

    def press(self, key: str) -> bool:
        """Do what a key says; whether it says to quit."""
        if self._is_typing:
            self._type(key)
            return False
        if self._is_help:
            self._is_help = False
            return key == "end of input"
        if key == "escape" and self._filter:
            self._filter = ""
            return False
        if key in ("q", "Q", "escape", "end of input"):
            return True
        if key in ("s", "S"):
            names = list(ORDERS)
            step = 1 if key == "s" else -1
            at = names.index(self._order) + step
            self._order, self._top = names[at % len(names)], 0
        elif key == "/":
            self._is_typing, self._filter = True, ""
        elif key in ("p", " "):
            self.is_paused = not self.is_paused
        elif key == "?":
            self._is_help = True
        else:
            self._scroll(key)
        return False

    def _type(self, key: str) -> None:
        if key in ("enter", "end of input"):
            self._is_typing = False
        elif key == "escape":
            self._is_typing, self._filter = False, ""
        elif key == "backspace":
            self._filter = self._filter[:-1]
        elif len(key) == 1:
            self._filter += key
        self._top = 0

    def _scroll(self, key: str) -> None:
        steps = {
            "up": -1, "k": -1, "down": 1, "j": 1,
            "page up": -self._room, "page down": self._room,
            "home": -len(self._readings), "end": len(self._readings),
        }  # fmt: skip
        self._top = max(self._top + steps.get(key, 0), 0)

    def lines(self, width: int, height: int) -> list[Line]:
        """The screen, from top to bottom."""
        if self._is_help:
            return [(line, "") for line in _HELP.splitlines()]
        chosen = sorted(self._readings, key=ORDERS[self._order])
        words = self._filter.lower().split()
        if words:
            chosen = [one for one in chosen if self._has(one, words)]
        below = self._below(chosen, width)
        self._room = max(height - 3 - len(below), 1)
        self._top = max(min(self._top, len(chosen) - self._room), 0)
        part = slice(self._top, self._top + self._room)
        # What is not on the screen costs nothing.
        rows = [cells(reading, self._held) for reading in chosen[part]]
        columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
        table = fitted_lines(COLUMNS, columns, width)
        styles = ["bold"]
        styles += [STYLES[verdict(one)[0]] for one in chosen[part]]
        return [
            (self._title(len(chosen)), ""),
            *zip(table, styles, strict=True),
            *below,
            (self._footer(), "dim"),
        ]

    def _has(self, reading: Reading, words: list[str]) -> bool:
        text = " ".join(cells(reading, self._held)).lower()
        return all(word in text for word in words)

    def at_end(self, width: int, height: int) -> list[Line]:
        """What is left below when the view has gone: all but the footer."""
        self._is_help = self._is_typing = False
        return self.lines(width, height)[:-1]

    def _title(self, shown: int) -> str:
        words = [many(len(self._readings), "socket")]
        if self._filter or self._is_typing:
            words.append(f"{shown:,} with {self._filter!r}")
        words.append(f"by {self._order}")
        if self._top or shown > self._room:
            last = min(self._top + self._room, shown)
            words.append(f"{self._top + 1:,} to {last:,}")
        if self.is_paused:
            words.append("PAUSED")
        return printable(", ".join(words), None)

    def _footer(self) -> str:
        if self._is_typing:
            return printable(f"filter: {self._filter}_", None)
        return "q quits  s sorts  / filters  p pauses  ? help"

    def _below(self, chosen: list[Reading], width: int) -> list[Line]:
        """Why the first of them stand still, and who has died."""
        said = [
            (f"{ends(one)}: {one.hold_up.sentence}", "yellow")
            for one in chosen
            if one.hold_up is not None
        ][:_SENTENCES]
        said += [
            (f"{ends(one)}: {last_words(one)}", "dim") for one in self._dead
        ]
        return [
            (line, style)
            for text, style in said
            for line in textwrap.wrap(text, width, subsequent_indent="  ")
        ]
