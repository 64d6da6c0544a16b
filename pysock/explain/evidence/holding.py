"""A socket of this machine's table, and the process that holds it."""

from __future__ import annotations

import os
import time
from collections import namedtuple

from pysock.errors import show_address
from pysock.errors.escape import printable
from pysock.sock_diag.processes import owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pysock.explain.case import Case
    from pysock.sock_diag.entry import Entry

# Sockets to name in one sentence.
MOST_NAMED = 3

# Seconds for looking through the processes.
_PATIENCE = 0.03


class Holding(namedtuple("Holding", "where state pid name")):
    """A socket by its address, its state, and who holds it.

    Attributes:
        where: its own address, safe to print.
        state: the kernel's name of its TCP state.
        pid: the process, `None` if it was not found (another user's).
        name: what that calls itself, safe to print; `None` likewise.
    """

    __slots__ = ()

    where: str
    state: str
    pid: int | None
    name: str | None

    def shown(self, *, naming: bool, state: bool = False) -> str:
        """Write it as `ss` would: address, process, state."""
        facts = []
        if naming and self.pid is not None:
            facts.append(f"pid {self.pid}, {self.name}")
        if state:
            facts.append(self.state)
        return f"{self.where} ({', '.join(facts)})" if facts else self.where


def held(case: Case, entries: Sequence[Entry]) -> list[Holding]:
    """Find out who holds the first few of some sockets."""
    entries = entries[:MOST_NAMED]
    found = {}
    if case.naming:
        found = owners(
            {entry.inode for entry in entries} - {0},
            pids=case.budget.within(_pids()),
            deadline=time.monotonic() + _PATIENCE,
        )
    holdings = []
    for entry in entries:
        processes = found.get(entry.inode)
        pid, name = processes[0][:2] if processes else (None, None)
        holdings.append(
            Holding(
                show_address(entry.local),
                entry.state.name,
                pid,
                None if name is None else printable(name),
            )
        )
    return holdings


def _pids() -> list[int]:
    """All processes; this one, the likeliest, first: time is short."""
    own = os.getpid()
    names = os.listdir("/proc")  # noqa: PTH208
    pids = [int(name) for name in names if name.isdigit()]
    return [own, *sorted(pids, reverse=True)]
