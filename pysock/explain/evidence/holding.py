"""A socket of this machine's table, and the process that holds it."""

from __future__ import annotations

import _socket
import os

from pysock.errors import show_address
from pysock.errors.escape import printable
from pysock.errors.handlers import by_handler
from pysock.sock_diag.processes import owners
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pysock.explain.case import Case
    from pysock.sock_diag.entry import Entry
    from pysock.sock_diag.processes import Process

# Sockets to name in one sentence.
MOST_NAMED = 3

# Descriptors of each process that are looked at before the rest of any.
_FEW = 512


class Holding(Record):
    """A socket by its address, its state, and who holds it.

    Attributes:
        where: its own address, safe to print.
        state: the kernel's name of its TCP state.
        pid: the process, `None` if it was not found (another user's).
        name: what that calls itself, safe to print; `None` likewise.
        note: what it does not take, where that is not in its address.
    """

    where: str
    state: str
    pid: int | None
    name: str | None
    note: str | None

    def shown(self, *, naming: bool, state: bool = False) -> str:
        """Write it as `ss` would: address, process, state."""
        facts = []
        if naming and self.pid is not None:
            facts.append(f"pid {self.pid}, {self.name}")
        if state:
            facts.append(self.state)
        if self.note is not None:
            facts.append(self.note)
        return f"{self.where} ({', '.join(facts)})" if facts else self.where


def held(case: Case, entries: Sequence[Entry]) -> list[Holding]:
    """Find out who holds the first few of some sockets."""
    entries = entries[:MOST_NAMED]
    found = _holders(case, {entry.inode for entry in entries} - {0})
    holdings = []
    for entry in entries:
        processes = found.get(entry.inode)
        pid, name = processes[0][:2] if processes else (None, None)
        holdings.append(
            Holding(
                _where(entry),
                entry.state.name,
                pid,
                None if name is None else printable(name),
                _note(entry),
            )
        )
    return holdings


def _holders(case: Case, inodes: set[int]) -> dict[int, tuple[Process, ...]]:
    """One process for each socket, where it may be named and is found.

    The first descriptors of each process first: one with thousands of them
    would take all the time that there is.
    """
    found: dict[int, tuple[Process, ...]] = {}
    for most in (_FEW, None):
        if case.naming and inodes - found.keys():
            found |= owners(
                inodes - found.keys(),
                pids=all_pids(),
                spent=case.budget.spent,
                one_each=True,
                most=most,
            )
    return found


def _where(entry: Entry) -> str:
    """The address as `ss` writes it, with the interface it is bound to."""
    host, port, *rest = entry.local
    if entry.interface and not (rest and rest[1]):
        host = f"{host}%{_interface(entry.interface)}"
        return f"[{host}]:{port}" if rest else f"{host}:{port}"
    return show_address(entry.local)


def _note(entry: Entry) -> str | None:
    if entry.interface:
        return f"only by {_interface(entry.interface)}"
    return "IPv6 only" if entry.v6only and entry.local[0] == "::" else None


def _interface(index: int) -> str:
    try:
        return printable(_socket.if_indextoname(index))
    except OSError as exc:
        if by_handler(exc):
            raise
        return str(index)


def all_pids() -> list[int]:
    """All processes; this one, the likeliest, first: time is short."""
    own = os.getpid()
    names = os.listdir("/proc")  # noqa: PTH208
    pids = [int(name) for name in names if name.isdigit()]
    return [own, *sorted(pids, reverse=True)]
