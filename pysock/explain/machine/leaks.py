"""Connections and descriptors that a program does not give back."""

from __future__ import annotations

import os

from pysock.explain.finding import DOUBTFUL, WRONG, Finding
from pysock.explain.machine.survey import process_name, shown, top
from pysock.explain.words import duration, many
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysock.explain.machine.survey import Survey
    from pysock.sock_diag.entry import Entry
    from pysock.sock_diag.processes import Process

# Seconds after which nobody closes any more.
_LONG = 2.0
_MANY = 10
# Share of the descriptors that is too much.
_NEARLY_ALL = 0.9


def findings(survey: Survey) -> Iterator[Finding]:
    """Look at what is left over."""
    left: dict[Process | str, list[Entry]] = {}
    for entry in survey.in_state(TcpState.CLOSE_WAIT):
        if entry.inode and not entry.send_queue and _age(entry) >= _LONG:
            held = survey.holders(entry)
            key = held[0]._replace(fd=-1) if held else survey.who(entry)
            left.setdefault(key, []).append(entry)
    listening = {e.local_port for e in survey.in_state(TcpState.LISTEN)}
    for owner, entries in left.items():
        yield _close_wait(owner, entries, listening)
    yield from _descriptors(survey)


def _age(entry: Entry) -> float:
    """Seconds since the FIN, at least: nothing came after the last ACK."""
    info = entry.tcp_info
    return 0.0 if info is None else (info.last_ack_recv_ms or 0) / 1000


def _close_wait(
    owner: Process | str, entries: list[Entry], listening: set[int]
) -> Finding:
    count = len(entries)
    oldest = duration(max(map(_age, entries)))
    peers = top(_service(entry, listening) for entry in entries)
    seen = [f"the other ends are {peers}"]
    look = "sudo pysock sockets --state close-wait"
    if isinstance(owner, str):
        name = owner
    else:
        name = process_name(owner)
        look = f"pysock sockets --pid {owner.pid} --state close-wait"
        used, limit = _used(owner.pid)
        if used is not None and limit:
            seen.append(f"{used:,} of its {limit:,} descriptors are open")
    unread = sum(entry.recv_queue > 1 for entry in entries)
    if unread:
        seen.append(f"in {unread:,} of them lies data that nobody has read")
    return Finding(
        WRONG if count >= _MANY else DOUBTFUL,
        "close-wait",
        f"{name} has {many(count, 'connection')} in CLOSE_WAIT, one for at "
        f"least {oldest}: the peer has closed, and the program does not "
        "close its end",
        tuple(seen),
        look,
    )


def _service(entry: Entry, listening: set[int]) -> str:
    """What tells one peer from another: not a client's chance port."""
    if entry.local_port in listening:
        return f"clients of {shown(entry.local)}"
    return shown(entry.remote)


def _descriptors(survey: Survey) -> Iterator[Finding]:
    seen: dict[int, Process] = {}
    for entry in survey.entries:
        if entry.inode:
            for process in survey.holders(entry):
                seen.setdefault(process.pid, process)
    for pid, process in seen.items():
        used, limit = _used(pid)
        if used is None or not limit or used < limit * _NEARLY_ALL:
            continue
        yield Finding(
            WRONG,
            "descriptors-nearly-gone",
            f"{process_name(process)} has {used:,} of the {limit:,} "
            "descriptors open that it may: accept and connect are about to "
            "fail with EMFILE",
            (),
            f"ls -l /proc/{pid}/fd; prlimit --pid {pid} --nofile",
        )


def _used(pid: int) -> tuple[int | None, int | None]:
    """Descriptors open, and how many there may be; `None` if hidden."""
    try:
        used = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
        with open(f"/proc/{pid}/limits", encoding="ascii") as file:  # noqa: PTH123
            for line in file:
                if line.startswith("Max open files"):
                    word = line.split()[3]
                    return used, int(word) if word.isdecimal() else None
    except OSError:
        pass
    return None, None
