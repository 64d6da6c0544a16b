"""Which processes hold a socket, from the descriptors in /proc."""

from __future__ import annotations

import os
from itertools import islice

from pysock.errors.handlers import by_handler
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Set

# Descriptors between two questions whether to stop.
_BETWEEN = 64


class Process(Record):
    """A process that holds a socket.

    Attributes:
        pid: its number, in the pid namespace that /proc shows.
        name: what it calls itself (`comm`, 15 bytes at most).
        fd: the descriptor.
    """

    pid: int
    name: str
    fd: int


def owners(
    inodes: Set[int] | None = None,
    *,
    pids: Iterable[int] | None = None,
    spent: Callable[[], bool] | None = None,
    one_each: bool = False,
    most: int | None = None,
) -> dict[int, tuple[Process, ...]]:
    """Find who holds which socket.

    Args:
        inodes: sockets that are looked for; `None` is all.
        pids: processes that are looked at; `None` is all.
        spent: asked again and again whether to stop looking; `None` looks to
            the end.
        one_each: whether one process for each socket is enough.
        most: descriptors of each process that are looked at, in the kernel's
            order (the lowest first); `None` is all.

    Returns:
        the processes for each inode that was found. Without privilege only
        the caller's own processes can be looked into; those of others are
        left out, without a word.
    """
    found: dict[int, list[Process]] = {}
    if inodes is not None and not inodes:
        return {}
    for pid in _all_pids() if pids is None else pids:
        name = None
        for count, (fd, inode) in enumerate(
            islice(_descriptors_of(pid), most)
        ):
            if count % _BETWEEN == 0 and spent is not None and spent():
                return _as_tuples(found)
            if not inode or (inodes is not None and inode not in inodes):
                continue
            if name is None:
                name = name_of(pid)
            found.setdefault(inode, []).append(Process(pid, name, fd))
            if one_each and inodes is not None and len(found) == len(inodes):
                return _as_tuples(found)
    return _as_tuples(found)


def _as_tuples(
    found: dict[int, list[Process]],
) -> dict[int, tuple[Process, ...]]:
    return {inode: tuple(held) for inode, held in found.items()}


def sockets_of(pid: int | str) -> list[tuple[int, int]]:
    """Descriptor and inode of every socket of a process; empty if denied."""
    return [(fd, inode) for fd, inode in _descriptors_of(pid) if inode]


def _descriptors_of(pid: int | str) -> Iterator[tuple[int, int]]:
    """Each descriptor, and the inode if it is a socket, else 0."""
    folder = f"/proc/{pid}/fd"
    try:
        entries = os.scandir(folder)
    except OSError as exc:
        if by_handler(exc):
            raise
        return
    with entries:
        for entry in entries:
            try:
                # os and not pathlib: it runs for every descriptor there is.
                target = os.readlink(entry.path)  # noqa: PTH115
            except OSError as exc:
                if by_handler(exc):
                    raise
                # Closed since, or the process is gone.
                continue
            is_socket = target.startswith("socket:[")
            yield int(entry.name), int(target[8:-1]) if is_socket else 0


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
            return comm.read().rstrip(b"\n").decode(errors="backslashreplace")
    except OSError as exc:
        if by_handler(exc):
            raise
        return "?"


def _all_pids() -> list[int]:
    names = os.listdir("/proc")  # noqa: PTH208
    return [int(name) for name in names if name.isdigit()]
