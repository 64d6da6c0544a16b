"""The live view of `pysock watch`: tables on a terminal, redrawn in place."""

from __future__ import annotations

import contextlib
import os
import select
import sys

from pysock.errors import show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.cli.recording import Reading

_QUIT = frozenset("qQ\x1b\x04")

# A column: title, least width of the terminal to have it, what is in it.
Column = tuple[str, int, "Callable[[Reading], str]"]


def missing() -> str | None:
    """What has to be installed for a live view, in one sentence."""
    try:
        import rich  # noqa: F401
    except ImportError:
        return (
            "the live view needs rich: pip install 'pysock-tcp[cli]' "
            "(or pipe the output: | cat)"
        )
    return None


class View:
    """Tables in the terminal's alternate screen, and a look at its keys."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._stack = contextlib.ExitStack()
        self._console = Console(highlight=False)
        self._has_keys = sys.stdin.isatty()
        if self._has_keys:
            self._stack.enter_context(_single_keys())
        self._live = self._stack.enter_context(
            Live(console=self._console, screen=True, auto_refresh=False)
        )
        self._dead: dict[int, Reading] = {}
        self._last: list[Reading] = []

    def show(self, readings: list[Reading]) -> None:
        """Draw the readings of one look."""
        for reading in readings:
            if reading.is_last:
                self._dead[reading.entry.cookie] = reading
        self._last = readings
        self._live.update(self._page(readings), refresh=True)

    def wants_to_quit(self, seconds: float) -> bool:
        """Wait for the next look, or for q, Esc or Ctrl-D."""
        keys = [sys.stdin] if self._has_keys else []
        ready = select.select(keys, [], [], seconds)[0]
        if not ready:
            return False
        pressed = os.read(sys.stdin.fileno(), 32).decode(errors="replace")
        # Arrow keys and the like begin with Esc too, and mean nothing here.
        return pressed in _QUIT or not pressed

    def close(self) -> None:
        """Leave the screen as it was, with the last view below."""
        self._stack.close()
        if self._last:
            self._console.print(self._page(self._last, at_end=True))

    def _page(self, readings: list[Reading], *, at_end: bool = False) -> Any:
        from rich.console import Group
        from rich.text import Text

        alive = [reading for reading in readings if not reading.is_last]
        listeners = [r for r in alive if not r.entry.remote_port]
        others = [r for r in alive if r.entry.remote_port]
        parts: list[Any] = []
        height = self._console.size.height
        room = max(height - 8 - len(listeners), 3)
        if listeners:
            parts.append(self._table(_LISTENER, listeners[:room]))
        if others:
            parts.append(self._table(_CONNECTION, others[:room]))
        if len(others) > room:
            parts.append(Text(f"and {len(others) - room:,} more", "dim"))
        parts += [
            Text(f"{_ends(reading)}: {reading.stall.sentence}", "yellow")
            for reading in others[:3]
            if reading.stall is not None and reading.stall.kind != "idle"
        ]
        parts += [
            Text(f"{_ends(reading)}: {_last_words(reading)}", "red")
            for reading in list(self._dead.values())[-5:]
        ]
        if not at_end and self._has_keys:
            parts.append(Text("q quits", "dim"))
        return Group(*parts)

    def _table(self, columns: list[Column], readings: list[Reading]) -> Any:
        from rich.table import Table

        width = self._console.size.width
        table = Table(box=None, pad_edge=False, header_style="bold")
        chosen = [column for column in columns if column[1] <= width]
        for title, _, _ in chosen:
            right = title not in ("state", "local", "remote", "why")
            table.add_column(
                title,
                justify="right" if right else "left",
                no_wrap=True,
                overflow="ellipsis"
                if title in ("local", "remote")
                else "fold",
                style="cyan" if title == "state" else "",
            )
        for reading in readings:
            table.add_row(*(cell(reading) for _, _, cell in chosen))
        return table


@contextlib.contextmanager
def _single_keys() -> Any:
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


def _ends(reading: Reading) -> str:
    entry = reading.entry
    return f"{show_address(entry.local)} {show_address(entry.remote)}"


def _last_words(reading: Reading) -> str:
    info = reading.entry.tcp_info
    if info is None:
        return "died"
    return (
        f"died; sent {info.bytes_sent or 0:,} bytes, received "
        f"{info.bytes_received or 0:,}, retransmitted "
        f"{info.total_retrans or 0:,} segments"
    )


def _of_info(
    name: str, show: Callable[[int], str] = "{:,}".format
) -> Callable[[Reading], str]:
    """A cell of a TCP_INFO field."""

    def cell(reading: Reading) -> str:
        info = reading.entry.tcp_info
        value = getattr(info, name) if info is not None else None
        return "-" if value is None else show(value)

    return cell


def milliseconds(microseconds: int) -> str:
    """`0.123`, `12.3`, `1,234`: three digits that count."""
    value = microseconds / 1000
    if value < 10:
        return f"{value:.3f}"
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def rate(per_second: int) -> str:
    """Bytes per second with a unit that keeps it short."""
    value = float(per_second)
    for unit in ("B/s", "kB/s", "MB/s"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB/s"


_CONNECTION: list[Column] = [
    ("state", 0, lambda r: str(r.entry.state)),
    ("local", 0, lambda r: show_address(r.entry.local)),
    ("remote", 0, lambda r: show_address(r.entry.remote)),
    ("rtt ms", 60, _of_info("rtt_us", milliseconds)),
    ("cwnd", 68, _of_info("snd_cwnd")),
    ("flight", 92, _of_info("unacked")),
    ("delivery", 80, _of_info("delivery_rate", rate)),
    ("retrans", 76, _of_info("total_retrans")),
    ("recv-q", 104, lambda r: f"{r.entry.recv_queue:,}"),
    ("send-q", 104, lambda r: f"{r.entry.send_queue:,}"),
    ("why", 118, lambda r: "" if r.stall is None else r.stall.kind),
]
_LISTENER: list[Column] = [
    ("state", 0, lambda r: str(r.entry.state)),
    ("local", 0, lambda r: show_address(r.entry.local)),
    ("queue", 0, lambda r: f"{r.entry.recv_queue:,}"),
    ("limit", 40, lambda r: f"{r.entry.send_queue:,}"),
    (
        "oldest wait",
        56,
        lambda r: (
            "-" if r.queue_wait_ms is None else f"{r.queue_wait_ms:,} ms"
        ),
    ),
    ("drops", 48, lambda r: f"{r.entry.drops or 0:,}"),
]
