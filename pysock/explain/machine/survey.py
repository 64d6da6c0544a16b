"""What is read of a machine before anything is said about it.

Two looks at the kernel's table and its counters, some seconds apart, and the
last readings of what died in between. A namespace's, not the machine's: every
other one has sockets and counters of its own.
"""

from __future__ import annotations

import time
from errno import ENOENT

from pysock import sock_diag
from pysock.errors import DiagError, show_address
from pysock.explain.escape import printable
from pysock.sock_diag.counters import counters, moved, sockstat
from pysock.sock_diag.namespace import inside
from pysock.sock_diag.netlink import diag_error
from pysock.sock_diag.processes import check_access, owners, sockets_of
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pysock.sock_diag.entry import Entry
    from pysock.sock_diag.processes import Process
    from pysock.tcp.info import TcpInfo

_MAPPED = "::ffff:"


class Survey:
    """What was read.

    Attributes:
        entries: the sockets at the end, with TCP_INFO and memory; with a
            process given, its own only, and what waits for its listeners.
        earlier: those of the beginning, by cookie.
        dead: sockets that ended in between, with their last reading.
        pid: the process that it is about; `None` for all.
        seconds: between the two looks.
        sockstat: see `sock_diag.counters.sockstat`.
    """

    def __init__(self, pid: int | None) -> None:
        self.entries: list[Entry] = []
        self.earlier: dict[int, Entry] = {}
        self.dead: list[Entry] = []
        self.pid = pid
        self.seconds: float = 0.0
        self.sockstat: dict[str, int] = {}
        self._then: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._owners: dict[int, tuple[Process, ...]] | None = None
        self._ends: dict[Any, Entry] | None = None

    def read(self, seconds: float) -> None:
        """Look twice; the calling thread is in the namespace already."""
        try:
            deaths = sock_diag.obituaries(0)
        except DiagError:
            # A kernel without the groups: what ended stays unknown.
            deaths = None
        try:
            self.earlier = {e.cookie: e for e in self._sockets()}
            self._then = counters()
            started = time.monotonic()
            time.sleep(seconds)
            self._now = counters()
            self.seconds = time.monotonic() - started
            self.entries = self._sockets()
            if deaths is not None:
                self.dead = list(deaths)
        finally:
            if deaths is not None:
                deaths.close()
        self.sockstat = sockstat()

    def _sockets(self) -> list[Entry]:
        entries = list(sock_diag.sockets(memory=True))
        if self.pid is None:
            return entries
        held = {inode for _, inode in sockets_of(self.pid)}
        own = [entry for entry in entries if entry.inode in held]
        ports = {e.local_port for e in own if e.state is TcpState.LISTEN}
        # Nobody holds them yet; they wait for this process.
        waiting = [e for e in entries if not e.inode and e.local_port in ports]
        return own + waiting

    def moved(self, name: str) -> int:
        """How far a counter of the namespace has come; 0 if it has none."""
        return moved(self._now, self._then, name) or 0

    def in_state(self, *states: TcpState) -> Iterable[Entry]:
        """The sockets that are in one of these states at the end."""
        return (entry for entry in self.entries if entry.state in states)

    def both(self, entry: Entry) -> tuple[TcpInfo, TcpInfo] | None:
        """Its two readings, now and then; `None` unless there are both."""
        before = self.earlier.get(entry.cookie)
        now = entry.tcp_info
        then = before.tcp_info if before is not None else None
        return None if now is None or then is None else (now, then)

    def holders(self, entry: Entry) -> tuple[Process, ...]:
        """Who has a socket open, as far as this user may know."""
        if self._owners is None:
            pids = None if self.pid is None else [self.pid]
            self._owners = owners(pids=pids)
        return self._owners.get(entry.inode, ())

    def who(self, entry: Entry) -> str:
        """Who has it, in words: `nginx/812`, `nginx/812 and 3 more`."""
        if not entry.inode:
            return "the kernel"
        held = self.holders(entry)
        if not held:
            return f"a process of user {entry.uid} that is hidden from you"
        others = len({process.pid for process in held}) - 1
        more = f" and {others:,} more" if others else ""
        return f"{process_name(held[0])}{more}"

    def peer_of(self, entry: Entry) -> Entry | None:
        """The other end of a connection, if it is in the same table."""
        if self._ends is None:
            self._ends = {_ends(e.local, e.remote): e for e in self.entries}
        return self._ends.get(_ends(entry.remote, entry.local))


def take_survey(
    seconds: float, *, netns: str | int | None = None, pid: int | None = None
) -> Survey:
    """Look at this machine, or one of its namespaces or processes.

    Args:
        seconds: between two looks; what does not move shows only so.
        netns: see `sock_diag.namespace.inside`.
        pid: look at the sockets of this process only, in its namespace.

    Raises:
        DiagError: the kernel cannot be asked, or there is no such process or
            namespace (`ENOENT`).
        DiagDeniedError: no right to look there (`EPERM`, `EACCES`).
    """
    if pid is not None:
        _look_into(pid)
        if netns is None:
            netns = pid
    survey = Survey(pid)
    inside(netns, lambda: survey.read(seconds))
    return survey


def _look_into(pid: int) -> None:
    """The sockets of another user's process would look like none."""
    try:
        check_access(pid)
    except OSError as exc:
        number = exc.errno or ENOENT
        raise diag_error("processes", number, f"process {pid}") from None


def process_name(process: Process) -> str:
    """`nginx/812`; safe to print, whatever a process calls itself."""
    return f"{printable(process.name)}/{process.pid}"


def host_of(address: tuple[Any, ...]) -> str:
    """The host of an address, an IPv4-mapped one as IPv4."""
    host: str = address[0]
    return host.removeprefix(_MAPPED) if "." in host else host


def shown(address: tuple[Any, ...]) -> str:
    """An address with its port, an IPv4-mapped one as IPv4."""
    return show_address((host_of(address), address[1]))


def top(names: Iterable[str], most: int = 3) -> str:
    """The names that come most often, with how often each does."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    order = sorted(counts, key=lambda name: -counts[name])
    said = ", ".join(f"{name} ({counts[name]:,})" for name in order[:most])
    left = len(order) - most
    return f"{said} and {left:,} more" if left > 0 else said


def _ends(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return host_of(one), one[1], host_of(other), other[1]
