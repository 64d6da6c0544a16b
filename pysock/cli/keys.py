"""Single keys from a terminal, by name."""

from __future__ import annotations

import contextlib
import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# What terminals send, as cursor and as application keys.
_NAMES = {
    "\x1b[A": "up", "\x1bOA": "up",
    "\x1b[B": "down", "\x1bOB": "down",
    "\x1b[5~": "page up", "\x1b[6~": "page down",
    "\x1b[H": "home", "\x1bOH": "home", "\x1b[1~": "home",
    "\x1b[F": "end", "\x1bOF": "end", "\x1b[4~": "end",
    "\x1b": "escape", "\r": "enter", "\n": "enter",
    "\x7f": "backspace", "\b": "backspace", "\x04": "end of input",
}  # fmt: skip
# A key is one character, or what follows an Esc.
_KEY = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])?|[^\x1b]", re.DOTALL)
# More than anybody types between two looks.
_MOST = 1024


@contextlib.contextmanager
def single_keys() -> Iterator[None]:
    """Give each key at once, and do not echo it."""
    import termios
    import tty

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def read_keys() -> list[str]:
    """The keys that were pressed: names, or the character itself.

    One that this does not know is `""`; a terminal that has gone gives
    `"end of input"`.
    """
    pressed = os.read(sys.stdin.fileno(), _MOST).decode(errors="replace")
    return named(pressed) if pressed else ["end of input"]


def named(pressed: str) -> list[str]:
    """What a terminal sent, key by key."""
    return [
        _NAMES.get(key, key if len(key) == 1 else "")
        for key in _KEY.findall(pressed)
    ]
