"""Readings of sockets over time: taken, written as JSON lines, read back."""

from __future__ import annotations

import json
import time
from pathlib import Path

from pysock import sock_diag
from pysock.cli.selecting import namespace_of, select
from pysock.errors import show_address
from pysock.explain.machine.queue_waits import queue_waits
from pysock.sock_diag.columns import by_ends
from pysock.tcp.stall import find_hold_up
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable
    from typing import Any

    from pysock import TcpInfo
    from pysock.sock_diag import Entry
    from pysock.tcp.stall import Stall


# What every reading has that is recorded.
_WANTED: dict[str, Any] = {
    "time": (int, float),
    "cookie": int,
    "state": str,
    "local": list,
    "remote": list,
    "remote_port": int,
    "recv_queue": int,
    "send_queue": int,
}


class Reading:
    """One look at one socket.

    Attributes:
        time: seconds since the epoch.
        entry: the socket.
        queue_wait_ms: of a listener, how long the connection at the head of
            its queue has waited; `None` when none does.
        is_last: whether the socket has died and this is its last reading.
    """

    __slots__ = (
        "_before",
        "_hold_up",
        "entry",
        "is_last",
        "queue_wait_ms",
        "time",
    )

    def __init__(
        self,
        entry: Entry,
        before: Entry | None = None,
        queue_wait_ms: int | None = None,
        *,
        is_last: bool = False,
    ) -> None:
        self.time: float = time.time()
        self.entry: Entry = entry
        self._before = before
        self._hold_up: Stall | bool | None = False
        self.queue_wait_ms: int | None = queue_wait_ms
        self.is_last: bool = is_last

    @property
    def stall(self) -> Stall | None:
        """Why it stands still, compared with the look before.

        `None` while it moves, and for the first look.
        """
        now, then = self._readings()
        return None if now is None or then is None else now.stall(then)

    @property
    def hold_up(self) -> Stall | None:
        """The same, if it is more than that there is nothing to send."""
        if isinstance(self._hold_up, bool):
            now, then = self._readings()
            self._hold_up = (
                None
                if now is None or then is None
                else find_hold_up(now, then)
            )
        return self._hold_up

    def _readings(self) -> tuple[TcpInfo | None, TcpInfo | None]:
        if self._before is None:
            return None, None
        return self.entry.tcp_info, self._before.tcp_info

    def as_dict(self) -> dict[str, Any]:
        """The reading, ready for JSON."""
        stall = self.stall
        return {
            "time": self.time,
            "is_last": self.is_last,
            "stall": None if stall is None else stall._asdict(),
            "queue_wait_ms": self.queue_wait_ms,
            **self.entry.as_dict(),
        }


class Watcher:
    """Looks at the sockets that the arguments choose, again and again."""

    def __init__(self, arguments: Namespace) -> None:
        self._arguments = arguments
        # The look before, for the stall.
        self._before: dict[int, Entry] = {}
        # Told at once and without privilege; what comes in is bounded by
        # the kernel's buffer between two looks.
        self._netns = namespace_of(arguments)
        self._deaths = sock_diag.obituaries(timeout=0, netns=self._netns)

    def close(self) -> None:
        """End the subscription to deaths."""
        self._deaths.close()

    def look(self) -> list[Reading]:
        """Read every socket once, and the last of those that have died."""
        entries = select(self._arguments, memory=True, congestion=True)
        entries.sort(key=by_ends)
        alive = {entry.cookie: entry for entry in entries}
        readings = [
            Reading(dead, is_last=True)
            for dead in self._deaths
            if dead.cookie in self._before and dead.cookie not in alive
        ]
        waits = _queue_waits(entries, self._netns)
        readings += [
            Reading(
                entry,
                self._before.get(cookie),
                waits.get(cookie),
            )
            for cookie, entry in alive.items()
        ]
        self._before = alive
        return readings


def _queue_waits(
    entries: Iterable[Entry], netns: str | int | None
) -> dict[int, int]:
    """How long the first has waited that no program has accepted (ms).

    By the listener's cookie, where it is known whose queue it is in.
    """
    ports = {
        entry.local_port
        for entry in entries
        if entry.state is TcpState.LISTEN and entry.recv_queue
    }
    found = {}
    for port in ports:
        there = sock_diag.sockets(local_port=port, netns=netns)
        for listeners, waited in queue_waits(there):
            if len(listeners) == 1:
                found[listeners[0].cookie] = waited
    return found


def name_of(reading: dict[str, Any]) -> str:
    """How a reading's socket is called in a picture or a line."""
    local = show_address(tuple(reading["local"]))
    if reading["remote_port"] == 0:
        return f"{local} (listener)"
    return f"{local} > {show_address(tuple(reading['remote']))}"


def load(path: str) -> list[dict[str, Any]]:
    """Read a recording.

    Raises:
        OSError: the file cannot be read.
        ValueError: a line is not a reading; the text says which.
    """
    readings = []
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            reading = json.loads(line)
        except ValueError:
            reading = None
        if not _is_reading(reading):
            raise ValueError(
                f"{path}, line {number}: not a reading of pysock watch"
            )
        readings.append(reading)
    return readings


def _is_reading(said: Any) -> bool:
    """Whether it has what every picture is made of."""
    return isinstance(said, dict) and all(
        isinstance(said.get(name), kind) for name, kind in _WANTED.items()
    )


def by_socket(
    readings: Iterable[dict[str, Any]],
) -> dict[int, list[dict[str, Any]]]:
    """Sort readings by the socket, each in the order of time."""
    sorted_out: dict[int, list[dict[str, Any]]] = {}
    for reading in readings:
        sorted_out.setdefault(reading["cookie"], []).append(reading)
    for each in sorted_out.values():
        each.sort(key=lambda reading: reading["time"])
    return sorted_out
