"""What is being measured, on standard error, while it runs."""

from __future__ import annotations

import sys
import time

# Between two updates of the line, so that printing costs next to nothing.
_PAUSE = 0.2


class Progress:
    """One line, overwritten on a terminal; elsewhere only its start and end.

    Nothing is printed inside a timed part.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._is_terminal = sys.stderr.isatty()
        self._started = self._last = time.monotonic()
        self._say(f"{title} ...")

    def __call__(self, side: str, round_number: int, rounds: int) -> None:
        """Say which side runs now."""
        now = time.monotonic()
        if not self._is_terminal or now - self._last < _PAUSE:
            return
        self._last = now
        self._say(f"{self._title}: round {round_number} of {rounds}, {side}")

    def finish(self) -> None:
        """Say how long it took."""
        taken = time.monotonic() - self._started
        if self._is_terminal:
            self._say("")
        else:
            print(f"{self._title}: {taken:.1f} s", file=sys.stderr)

    def _say(self, text: str) -> None:
        if self._is_terminal:
            # To the start of the line, and clear it to its end.
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
