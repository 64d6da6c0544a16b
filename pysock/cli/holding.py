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
        held_by: who has the other end, if it is on this machine.
        wait: the thread that waits on it; `None` if there is none.
        frames: where that thread is in its Python code, innermost first.
        more: other sockets that the same call waits on.
    """

    def __init__(
        self,
        fd: int,
        entry: Entry | None,
        verdict: Finding | None,
        held_by: str | None,
    ) -> None:
        self.fd = fd
        self.entry = entry
        self.verdict = verdict
        self.held_by = held_by
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
        self._now = self._table()
        self._ends: dict[Any, Entry] = {}

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
        self._ends = {_ends(e.local, e.remote): e for e in live}
        return {entry.inode: entry for entry in live}

    def row(self, fd: int, way: str) -> Row | None:
        """What a descriptor waits for; `None` if it is no socket."""
        inode = self._fds.get(fd)
        if inode is None:
            return None
        entry = self._now.get(inode)
        if entry is None:
            return Row(fd, None, None, None)
        other = None
        if entry.state is not TcpState.LISTEN:
            other = self._ends.get(_ends(entry.remote, entry.local))
        then = self._before.get(entry.cookie)
        verdict = why_it_waits(entry, then, way, other)
        return Row(fd, entry, verdict, _holder(other))

    def rows(self) -> list[Row]:
        """Each TCP socket that it holds, whether somebody waits or not."""
        rows = (self.row(fd, "read") for fd in sorted(self._fds))
        return [row for row in rows if row is not None and row.entry]


def _holder(entry: Entry | None) -> str | None:
    if entry is None:
        return None
    held = owners({entry.inode}).get(entry.inode)
    return process_name(held[0]) if held else None


def _ends(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return host_of(one), one[1], host_of(other), other[1]
