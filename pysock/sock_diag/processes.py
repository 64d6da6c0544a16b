"""Which processes hold a socket, from the descriptors in /proc."""

from __future__ import annotations

import os
import time
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Set


class Process(namedtuple("Process", "pid name fd")):
    """A process that holds a socket.

    Attributes:
        pid: its number, in the pid namespace that /proc shows.
        name: what it calls itself (`comm`, 15 bytes at most).
        fd: the descriptor.
    """

    __slots__ = ()

    pid: int
    name: str
    fd: int


def owners(
    inodes: Set[int] | None = None,
    *,
    pids: Iterable[int] | None = None,
    deadline: float | None = None,
) -> dict[int, tuple[Process, ...]]:
    """Find who holds which socket.

    Args:
        inodes: sockets that are looked for; `None` is all.
        pids: processes that are looked at; `None` is all.
        deadline: a time of `time.monotonic()` when to stop looking; `None`
            looks to the end.

    Returns:
        the processes for each inode that was found. Without privilege only
        the caller's own processes can be looked into; those of others are
        left out, without a word.
    """
    found: dict[int, list[Process]] = {}
    if inodes is not None and not inodes:
        return {}
    for pid in _all_pids() if pids is None else pids:
        if deadline is not None and time.monotonic() > deadline:
            break
        name = None
        for fd, inode in sockets_of(pid):
            if inodes is not None and inode not in inodes:
                continue
            if name is None:
                name = name_of(pid)
            found.setdefault(inode, []).append(Process(pid, name, fd))
    return {inode: tuple(held) for inode, held in found.items()}


def sockets_of(pid: int | str) -> list[tuple[int, int]]:
    """Descriptor and inode of every socket of a process; empty if denied."""
    folder = f"/proc/{pid}/fd"
    held = []
    try:
        # os and not pathlib: this loop runs for every descriptor there is.
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []
    for name in names:
        try:
            target = os.readlink(f"{folder}/{name}")  # noqa: PTH115
        except OSError:
            # Closed since, or the process is gone.
            continue
        if target.startswith("socket:["):
            held.append((int(name), int(target[8:-1])))
    return held


def check_access(pid: int) -> None:
    """Find out whether the descriptors of a process can be seen.

    Raises:
        OSError: there is no such process (`ENOENT`), or this user may not
            look into it (`EACCES`, `EPERM`): `sockets_of` then is empty.
    """
    # Takes the same right as a descriptor's link does.
    os.stat(f"/proc/{pid}/ns/net")  # noqa: PTH116


def name_of(pid: int) -> str:
    """What a process calls itself; "?" if it is gone."""
    try:
        with open(f"/proc/{pid}/comm", "rb") as comm:  # noqa: PTH123
            return comm.read().rstrip(b"\n").decode(errors="replace")
    except OSError:
        return "?"


def _all_pids() -> list[int]:
    names = os.listdir("/proc")  # noqa: PTH208
    return [int(name) for name in names if name.isdigit()]
