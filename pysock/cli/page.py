"""What the live view of `pysock watch` shows, as lines; and what keys do."""

from __future__ import annotations

import textwrap

from pysock.cli.fitted import Column, fitted_lines
from pysock.cli.grouping import STYLES
from pysock.cli.orders import ORDERS, by_severity
from pysock.cli.trouble import trouble
from pysock.errors import show_address
from pysock.errors.escape import printable
from pysock.explain.finding import DOUBTFUL
from pysock.explain.words import duration, many, size
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.cli.recording import Reading

# Text and style of one line of the screen.
Line = tuple[str, str]

_COLUMNS = (
    Column("state", 2),
    Column("local", 1),
    Column("remote", 0),
    Column("recv-q", 6),
    Column("send-q", 5),
    Column("rtt", 7),
    Column("cwnd", 10),
    Column("flight", 11),
    Column("delivery", 9),
    Column("retrans", 8),
    Column("trouble", 3, 26),
    Column("process", 4, 16),
)
_HELP = """\
s  S           sort: by the next column, by the one before
/              filter: type words; Enter keeps them, Esc drops them
up down j k    scroll; page up, page down, home, end
p  space       pause: the screen stands still, and nothing is read
?              this help
q  Esc         quit; so do Ctrl-C and Ctrl-D"""
_DEATHS = 5
_SENTENCES = 3


def _of_entry(name: str) -> Callable[[Reading], Any]:
    order = ORDERS[name]
    return lambda reading: order(reading.entry)


_ORDERS: dict[str, Callable[[Reading], Any]] = {
    "trouble": lambda reading: by_severity(reading.entry, *verdict(reading)),
    "state": _of_entry("state"),
    "remote": _of_entry("remote"),
    "recv-q": _of_entry("recv-q"),
    "send-q": _of_entry("send-q"),
    "rtt": _of_entry("rtt"),
    "delivery": _of_entry("delivery"),
    "retrans": _of_entry("retrans"),
}


def verdict(reading: Reading) -> tuple[str | None, str]:
    """How bad a socket is and what: from one look, or two."""
    severity, words = trouble(reading.entry)
    if reading.queue_wait_ms:
        wait = f"oldest waits {duration(reading.queue_wait_ms / 1000)}"
        words = f"{words}, {wait}" if words else wait
    if not words and reading.hold_up is not None:
        return severity or DOUBTFUL, reading.hold_up.kind.replace("_", " ")
    return severity, words


class Page:
    """The screen: in which order, which of them, from where on.

    Attributes:
        is_paused: whether nothing is to be read.
    """

    def __init__(self) -> None:
        self.is_paused = False
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
            names = list(_ORDERS)
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
        chosen = sorted(self._readings, key=_ORDERS[self._order])
        words = self._filter.lower().split()
        if words:
            chosen = [one for one in chosen if self._has(one, words)]
        below = self._below(chosen, width)
        self._room = max(height - 3 - len(below), 1)
        self._top = max(min(self._top, len(chosen) - self._room), 0)
        part = slice(self._top, self._top + self._room)
        # What is not on the screen costs nothing.
        cells = [self._cells(reading) for reading in chosen[part]]
        columns = list(zip(*cells, strict=True)) or [()] * len(_COLUMNS)
        table = fitted_lines(_COLUMNS, columns, width)
        styles = ["bold"]
        styles += [STYLES[verdict(one)[0]] for one in chosen[part]]
        return [
            (self._title(len(chosen)), ""),
            *zip(table, styles, strict=True),
            *below,
            (self._footer(), "dim"),
        ]

    def _has(self, reading: Reading, words: list[str]) -> bool:
        text = " ".join(self._cells(reading)).lower()
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
            (f"{_ends(one)}: {one.hold_up.sentence}", "yellow")
            for one in chosen
            if one.hold_up is not None
        ][:_SENTENCES]
        said += [
            (f"{_ends(one)}: {_last_words(one)}", "dim") for one in self._dead
        ]
        return [
            (line, style)
            for text, style in said
            for line in textwrap.wrap(text, width, subsequent_indent="  ")
        ]

    def _cells(self, reading: Reading) -> tuple[str, ...]:
        entry, info = reading.entry, reading.entry.tcp_info
        amount: Callable[[int], str] = size
        if entry.state is TcpState.LISTEN:
            amount = "{:,}".format
        return (
            str(entry.state),
            show_address(entry.local),
            show_address(entry.remote) if entry.remote_port else "*",
            amount(entry.recv_queue).removesuffix(" bytes"),
            amount(entry.send_queue).removesuffix(" bytes"),
            _shown(info, "rtt_us", _milliseconds),
            _shown(info, "snd_cwnd", "{:,}".format),
            _shown(info, "unacked", "{:,}".format),
            _shown(info, "delivery_rate", _rate),
            _shown(info, "total_retrans", "{:,}".format),
            verdict(reading)[1] or "-",
            self._held.get(entry.inode, "-"),
        )


def _ends(reading: Reading) -> str:
    entry = reading.entry
    return f"{show_address(entry.local)} {show_address(entry.remote)}"


def _last_words(reading: Reading) -> str:
    """What it carried, as far as that is known."""
    info = reading.entry.tcp_info
    if info is None:
        return "died"
    known = [
        f"{word} {show(value)}"
        for word, value, show in (
            ("sent", info.bytes_sent, size),
            ("received", info.bytes_received, size),
            ("retransmitted", info.total_retrans, _segments),
        )
        if value is not None
    ]
    return f"died; {', '.join(known)}" if known else "died"


def _segments(count: int) -> str:
    return many(count, "segment")


def _shown(info: Any, name: str, show: Callable[[int], str]) -> str:
    """A field of TCP_INFO; a listener has no numbers of a connection."""
    if info is None or info.is_listening:
        return "-"
    value = getattr(info, name)
    return "-" if value is None else show(value)


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / 1000:.3f} ms"


def _rate(per_second: int) -> str:
    return f"{size(per_second)}/s" if per_second else "0"
