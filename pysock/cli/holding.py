"""The sockets that a process holds, looked at twice."""

from __future__ import annotations

from pysock import sock_diag
from pysock.errors import DiagError
from pysock.explain.finding import HARMLESS
from pysock.explain.machine.survey import host_of, process_name, shown
from pysock.explain.waits import why_it_waits
from pysock.sock_diag.namespace import inside
from pysock.sock_diag.processes import check_access, owners, sockets_of
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.cli.stacks import Frame
    from pysock.explain.finding import Finding
    from pysock.sock_diag import Entry
    from pysock.sock_diag.waiting import Wait


class Row:
    """A socket, and what it waits for.

    Attributes:
        fd: the descriptor.
        entry: the socket in the kernel's table; `None` if it is not TCP.
        verdict: why it waits; `None` if that is not known.
        other: the other end of the connection, if it is on this machine.
        held_by: who has that; `None` until somebody asks, or if hidden.
        wait: the thread that waits on it; `None` if there is none.
        frames: where that thread is in its Python code, innermost first.
        more: other sockets that the same call waits on.
    """

    def __init__(
        self,
        fd: int,
        entry: Entry | None,
        verdict: Finding | None,
        other: Entry | None = None,
    ) -> None:
        self.fd = fd
        self.entry = entry
        self.verdict = verdict
        self.other = other
        self.held_by: str | None = None
        self.wait: Wait | None = None
        self.frames: list[Frame] = []
        self.more = 0

    @property
    def severity(self) -> str:
        """How bad it is."""
        return HARMLESS if self.verdict is None else self.verdict.severity

    @property
    def where(self) -> str:
        """The peer; of a listener its own address."""
        if self.entry is None:
            return "not TCP"
        if not self.entry.remote_port:
            return shown(self.entry.local)
        peer = shown(self.entry.remote)
        return f"{peer} ({self.held_by})" if self.held_by else peer

    @property
    def state(self) -> str:
        """In `ss`'s words."""
        return "-" if self.entry is None else str(self.entry.state)

    @property
    def why(self) -> str:
        """The verdict's sentence."""
        return "-" if self.verdict is None else self.verdict.why

    def as_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        wait, entry, verdict = self.wait, self.entry, self.verdict
        return {
            "thread": wait.thread if wait else None,
            "thread_name": wait.name if wait else None,
            "call": wait.call if wait else None,
            "asleep": wait.asleep if wait else None,
            "timeout": wait.timeout if wait else None,
            "fd": self.fd,
            "more_fds": self.more,
            "state": entry.state.name if entry else None,
            "local": list(entry.local) if entry else None,
            "remote": list(entry.remote)
            if entry and entry.remote_port
            else None,
            "remote_process": self.held_by,
            "code": verdict.code if verdict else None,
            "severity": verdict.severity if verdict else None,
            "why": verdict.why if verdict else None,
            "stack": [frame._asdict() for frame in self.frames],
        }


class Holding:
    """What a process holds.

    Attributes:
        problem: why its sockets cannot be seen; `None` if they can.
    """

    def __init__(self, pid: int) -> None:
        """Take the first look.

        Raises:
            OSError: there is no such process, or no right to look into it.
        """
        self._pid = pid
        check_access(pid)
        self.problem: str | None = None
        self._before: dict[int, Entry] = {}
        self._ends: dict[Any, Entry] | None = None
        self._now = self._table()

    def look_again(self) -> None:
        """Take the second look."""
        self._before = {e.cookie: e for e in self._now.values()}
        self._now = self._table()
        self._fds = dict(sockets_of(self._pid))

    def _table(self) -> dict[int, Entry]:
        """The sockets of its namespace, by inode."""
        try:
            found = inside(self._pid, lambda: list(sock_diag.sockets()))
        except DiagError as error:
            self.problem = f"its sockets cannot be seen: {error}"
            return {}
        live = [entry for entry in found if entry.inode]
        self._ends = None
        return {entry.inode: entry for entry in live}

    def row(self, fd: int, way: str) -> Row | None:
        """What a descriptor waits for; `None` if it is no socket."""
        inode = self._fds.get(fd)
        if inode is None:
            return None
        entry = self._now.get(inode)
        if entry is None:
            return Row(fd, None, None)
        other = None
        if entry.state is not TcpState.LISTEN:
            other = self._other_end(entry)
        then = self._before.get(entry.cookie)
        verdict = why_it_waits(entry, then, way, other)
        return Row(fd, entry, verdict, other)

    def troubled(self) -> list[Row]:
        """The TCP sockets that something may be wrong with, looked at."""
        found = []
        for fd, inode in sorted(self._fds.items()):
            entry = self._now.get(inode)
            if entry is not None and _is_suspect(entry):
                row = self.row(fd, "read")
                if row is not None and row.severity != HARMLESS:
                    found.append(row)
        return found

    def _other_end(self, entry: Entry) -> Entry | None:
        if self._ends is None:
            now = self._now.values()
            self._ends = {_ends(e.local, e.remote): e for e in now}
        return self._ends.get(_ends(entry.remote, entry.local))


def _is_suspect(entry: Entry) -> bool:
    """Whether it is worth a look: most of many sockets are idle."""
    return bool(
        entry.state is not TcpState.ESTABLISHED
        or entry.recv_queue
        or entry.send_queue
        or entry.retransmits
    )


def name_others(rows: list[Row]) -> None:
    """Find out who has the other ends: one walk through /proc for all."""
    inodes = {row.other.inode for row in rows if row.other is not None}
    held = owners(inodes)
    for row in rows:
        if row.other is not None and row.other.inode in held:
            row.held_by = process_name(held[row.other.inode][0])


def _ends(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return host_of(one), one[1], host_of(other), other[1]
