"""Numbers on the command line: how large they may be, and what is said."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_DAY = 86_400.0


def seconds(least: float, most: float = _DAY) -> Callable[[str], float]:
    """What reads a time from `least` to `most` seconds, for argparse.

    No infinity, and nothing that no clock can wait for.
    """

    def read(word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = -1.0
        if not least <= value <= most:
            raise _no(f"from {least:g} to {most:g} seconds", word)
        return value

    return read


def count(most: int = 1_000_000) -> Callable[[str], int]:
    """What reads a whole number from 1 to `most`, for argparse."""

    def read(word: str) -> int:
        try:
            value = int(word)
        except ValueError:
            value = 0
        if not 1 <= value <= most:
            raise _no(f"a whole number from 1 to {most}", word)
        return value

    return read


def _no(wanted: str, word: str) -> Exception:
    from argparse import ArgumentTypeError

    return ArgumentTypeError(f"{wanted}, not {word!r}")


PORT = count(0xFFFF)
# What the kernel has room for; as many as there are is fewer.
PID = count(0x7FFFFFFF)
