"""The live view of `pysock watch`: a screen redrawn in place, and keys."""

from __future__ import annotations

import contextlib
import select
import signal
import sys
import threading
import time

from pysock.cli.keys import read_keys, single_keys
from pysock.cli.page import Page
from pysock.sock_diag.processes import owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.cli.page import Line
    from pysock.cli.recording import Reading


def missing() -> str | None:
    """What has to be installed for a live view, in one sentence."""
    try:
        import rich  # noqa: F401
    except ImportError:
        return (
            "lines only: the live view needs rich "
            "(pip install 'pysock-tcp[cli]')"
        )
    return None


class View:
    """The terminal's alternate screen, and a look at its keys."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._stack = contextlib.ExitStack()
        self._console = Console(highlight=False)
        self._has_keys = sys.stdin.isatty()
        self._page = Page()
        self._held: dict[int, str] = {}
        self._is_drawn = False
        try:
            self._stack.enter_context(_ended_in_order())
            if self._has_keys:
                self._stack.enter_context(single_keys())
            self._live = self._stack.enter_context(
                Live(console=self._console, screen=True, auto_refresh=False)
            )
        except BaseException:
            self._stack.close()
            raise

    def show(self, readings: list[Reading]) -> None:
        """Draw the readings of one look."""
        inodes = {reading.entry.inode for reading in readings} - {0}
        found = owners(inodes - self._held.keys())
        self._held |= {
            inode: ", ".join(f"{one.name}/{one.pid}" for one in held)
            for inode, held in found.items()
        }
        self._page.take(readings, self._held)
        self._draw()

    def wants_to_quit(self, seconds: float) -> bool:
        """Heed the keys until the next look; whether one says to quit."""
        due = time.monotonic() + seconds
        keys = [sys.stdin] if self._has_keys else []
        while True:
            left = max(due - time.monotonic(), 0)
            wait = None if self._page.is_paused else left
            if not select.select(keys, [], [], wait)[0]:
                return False
            if any(map(self._page.press, read_keys())):
                return True
            self._draw()

    def close(self) -> None:
        """Leave the screen as it was, with the last view below."""
        self._stack.close()
        if self._is_drawn:
            size = self._console.size
            self._console.print(
                _as_text(self._page.at_end(size.width, size.height))
            )

    def _draw(self) -> None:
        size = self._console.size
        lines = self._page.lines(size.width, size.height)
        self._live.update(_as_text(lines), refresh=True)
        self._is_drawn = True


def _as_text(lines: list[Line]) -> Any:
    from rich.console import Group
    from rich.text import Text

    return Group(
        *(
            Text(text, style, no_wrap=True, overflow="ellipsis")
            for text, style in lines
        )
    )


@contextlib.contextmanager
def _ended_in_order() -> Any:
    """SIGTERM leaves the screen as it was, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: Any) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
