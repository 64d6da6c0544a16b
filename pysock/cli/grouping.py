"""Many sockets in few lines: how many in which state, of which peer."""

from __future__ import annotations

from collections import Counter

from pysock.cli.fitted import Column, Row
from pysock.cli.trouble import trouble
from pysock.errors import show_address
from pysock.explain.finding import DOUBTFUL, HARMLESS, WRONG
from pysock.explain.words import many, size
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pysock.sock_diag import Entry
    from pysock.sock_diag.processes import Process

GROUPS = ("state", "local", "peer", "process")
STYLES = {WRONG: "red", DOUBTFUL: "yellow", HARMLESS: "dim", None: ""}

_NOBODY = "no process"
_UNKNOWN = "unknown"


def summary(entries: list[Entry], folded: int) -> str:
    """`512 sockets: 500 ESTAB, 12 CLOSE-WAIT; 1 wrong, 11 doubtful`.

    Args:
        entries: all of them.
        folded: how many of these, in TIME-WAIT, are not listed.
    """
    words = []
    for state, count in Counter(str(e.state) for e in entries).most_common():
        hidden = folded and state == str(TcpState.TIME_WAIT)
        more = " (not listed; --all lists them)" if hidden else ""
        words.append(f"{count:,} {state}{more}")
    severities = Counter(trouble(entry)[0] for entry in entries)
    bad = ", ".join(
        f"{severities[severity]:,} {severity}"
        for severity in (WRONG, DOUBTFUL)
        if severities[severity]
    )
    line = f"{many(len(entries), 'socket')}: {', '.join(words)}"
    return f"{line}; {bad}" if bad else line


class Group:
    """Sockets that have something in common.

    Attributes:
        name: what it is.
        entries: the sockets.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries: list[Entry] = []

    def as_dict(self) -> dict[str, Any]:
        """The group, ready for JSON; amounts in bytes."""
        listening, others = self._halves()
        return {
            "group": self.name,
            "sockets": len(self.entries),
            "states": dict(Counter(e.state.name for e in self.entries)),
            "waiting_for_accept": sum(e.recv_queue for e in listening),
            "recv_queue": sum(e.recv_queue for e in others),
            "send_queue": sum(e.send_queue for e in others),
            "troubled": sum(self._severities()[s] for s in (WRONG, DOUBTFUL)),
        }

    def row(self) -> Row:
        """The group as a line of the table, in the colour of its worst."""
        said = self.as_dict()
        states = Counter(str(entry.state) for entry in self.entries)
        severities = self._severities()
        worst = next((s for s in (WRONG, DOUBTFUL) if severities[s]), None)
        return Row(
            (
                self.name,
                f"{said['sockets']:,}",
                f"{said['troubled']:,}",
                size(said["recv_queue"]),
                size(said["send_queue"]),
                ", ".join(f"{n:,} {state}" for state, n in states.items()),
            ),
            STYLES[worst],
        )

    def _halves(self) -> tuple[list[Entry], list[Entry]]:
        """Listeners, whose queues are connections; the others."""
        listening = [e for e in self.entries if e.state is TcpState.LISTEN]
        others = [e for e in self.entries if e.state is not TcpState.LISTEN]
        return listening, others

    def _severities(self) -> Counter[str | None]:
        return Counter(trouble(entry)[0] for entry in self.entries)


def columns(by: str) -> tuple[Column, ...]:
    """The columns of a table of groups."""
    return (
        Column(by, 0, 12),
        Column("sockets", 1),
        Column("troubled", 2),
        Column("recv-q", 4),
        Column("send-q", 5),
        Column("states", 3, 14),
    )


def grouped(
    entries: Iterable[Entry], by: str, held: dict[int, tuple[Process, ...]]
) -> list[Group]:
    """Group them, the largest group first.

    Args:
        entries: the sockets.
        by: one of `GROUPS`. By process, a socket that several processes hold
            is in the group of each.
        held: who holds which inode.
    """
    groups: dict[str, Group] = {}
    for entry in entries:
        for name in _names(entry, by, held):
            groups.setdefault(name, Group(name)).entries.append(entry)
    return sorted(groups.values(), key=lambda g: (-len(g.entries), g.name))


def _names(
    entry: Entry, by: str, held: dict[int, tuple[Process, ...]]
) -> Iterable[str]:
    if by == "state":
        return (str(entry.state),)
    if by == "local":
        return (show_address(entry.local),)
    if by == "peer":
        return (str(entry.remote[0]) if entry.remote_port else "*",)
    if not entry.inode:
        return (_NOBODY,)
    processes = held.get(entry.inode, ())
    return {f"{one.name}/{one.pid}" for one in processes} or (_UNKNOWN,)
