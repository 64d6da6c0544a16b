"""Many sockets in few lines: how many in which state, of which peer."""

from __future__ import annotations

from collections import Counter

from pysock.cli.fitted import Column
from pysock.explain.finding import DOUBTFUL, HARMLESS, WRONG
from pysock.explain.words import many, size
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pysock.cli.trouble import Trouble
    from pysock.sock_diag.columns import Columns
    from pysock.sock_diag.processes import Process

GROUPS = ("state", "local", "peer", "process")
STYLES = {WRONG: "red", DOUBTFUL: "yellow", HARMLESS: "dim", None: ""}
WORDS = {int(state): str(state) for state in TcpState}

_TIME_WAIT = int(TcpState.TIME_WAIT)
_LISTEN = int(TcpState.LISTEN)
_NOBODY = "no process"
_UNKNOWN = "unknown"


def summary(
    states: Sequence[int], troubles: Sequence[Trouble], folded: int
) -> str:
    """`512 sockets: 500 ESTAB, 12 CLOSE-WAIT; 1 wrong, 11 doubtful`.

    Args:
        states: of all of them, by number.
        troubles: what `trouble` says of each.
        folded: how many of these, in TIME-WAIT, are not listed.
    """
    words = []
    for state, count in Counter(states).most_common():
        hidden = folded and state == _TIME_WAIT
        more = " (not listed; --all lists them)" if hidden else ""
        words.append(f"{count:,} {WORDS[state]}{more}")
    severities = Counter(severity for severity, _ in troubles)
    bad = ", ".join(
        f"{severities[severity]:,} {severity}"
        for severity in (WRONG, DOUBTFUL)
        if severities[severity]
    )
    line = f"{many(len(states), 'socket')}: {', '.join(words)}"
    return f"{line}; {bad}" if bad else line


class Group:
    """Sockets that have something in common.

    Attributes:
        name: what it is.
        count: how many they are.
        states: how many are in each state, by number.
        severities: how many are how bad.
        accepting: connections that wait in the queues of its listeners.
        recv_queue: bytes that nobody has read, of the others.
        send_queue: bytes that nobody has acknowledged, of the others.
    """

    def __init__(
        self,
        name: str,
        members: list[int],
        seen: Columns,
        troubles: Sequence[Trouble],
    ) -> None:
        self.name = name
        self.count: int = len(members)
        self.states = Counter([seen.states[at] for at in members])
        self.severities = Counter([troubles[at][0] for at in members])
        others = [at for at in members if seen.states[at] != _LISTEN]
        self.recv_queue: int = sum([seen.recv_queues[at] for at in others])
        self.send_queue: int = sum([seen.send_queues[at] for at in others])
        # A listener's queues are connections, and no bytes.
        self.accepting: int = 0
        if len(others) < self.count:
            every = sum([seen.recv_queues[at] for at in members])
            self.accepting = every - self.recv_queue

    def as_dict(self) -> dict[str, Any]:
        """The group, ready for JSON; amounts in bytes."""
        return {
            "group": self.name,
            "sockets": self.count,
            "states": {
                TcpState(state).name: count
                for state, count in self.states.items()
            },
            "waiting_for_accept": self.accepting,
            "recv_queue": self.recv_queue,
            "send_queue": self.send_queue,
            "troubled": self._troubled,
        }

    def row(self) -> tuple[str, ...]:
        """The group as a line of the table."""
        return (
            self.name,
            f"{self.count:,}",
            f"{self._troubled:,}",
            size(self.recv_queue),
            size(self.send_queue),
            ", ".join(
                f"{count:,} {WORDS[state]}"
                for state, count in self.states.most_common()
            ),
        )

    @property
    def style(self) -> str:
        """The colour of its worst."""
        worst = (one for one in (WRONG, DOUBTFUL) if self.severities[one])
        return STYLES[next(worst, None)]

    @property
    def _troubled(self) -> int:
        return self.severities[WRONG] + self.severities[DOUBTFUL]


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
    seen: Columns,
    by: str,
    troubles: Sequence[Trouble],
    held: dict[int, tuple[Process, ...]],
) -> list[Group]:
    """Group them, the largest group first.

    Args:
        seen: the sockets.
        by: one of `GROUPS`. By process, a socket that several processes hold
            is in the group of each.
        troubles: what `trouble` says of each.
        held: who holds which inode.
    """
    members: dict[str, list[int]] = {}
    for at, names in enumerate(_names(seen, by, held)):
        for name in names:
            members.setdefault(name, []).append(at)
    groups = [
        Group(name, which, seen, troubles) for name, which in members.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.name))


def _names(
    seen: Columns, by: str, held: dict[int, tuple[Process, ...]]
) -> Iterable[Iterable[str]]:
    """The groups that each is in."""
    if by == "state":
        return ((WORDS[state],) for state in seen.states)
    if by == "local":
        return ((end,) for end in seen.local())
    if by == "peer":
        return ((host,) for host in seen.peers())
    return (_processes(inode, held) for inode in seen.inodes)


def _processes(
    inode: int, held: dict[int, tuple[Process, ...]]
) -> Iterable[str]:
    if not inode:
        return (_NOBODY,)
    found = held.get(inode, ())
    return {f"{one.name}/{one.pid}" for one in found} or (_UNKNOWN,)
