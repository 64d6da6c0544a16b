"""Who listens on a UNIX socket, and which part of its path is missing."""

from __future__ import annotations

import os

from pysock.errors.escape import printable
from pysock.explain.evidence.holding import MOST_NAMED, all_pids
from pysock.sock_diag.processes import owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case

_LISTENS = 0x10000  # __SO_ACCEPTCON, of the column Flags


def listeners(case: Case) -> list[tuple[int | None, str]] | None:
    """Processes that listen on the path now, by pid and name.

    A listener of whom nothing is known is `(None, "?")`. `None` if nobody
    listens, or the path is not as the kernel writes it.
    """
    path: Any = case.error.address
    if not isinstance(path, str):
        return None
    wanted = os.fsencode(f"@{path[1:]}" if path.startswith("\0") else path)
    inodes = set()
    with open("/proc/thread-self/net/unix", "rb") as file:  # noqa: PTH123
        next(file)
        for line in case.budget.within(file):
            fields = line.rstrip(b"\n").split(maxsplit=7)
            if len(fields) == 8 and fields[7] == wanted and _listens(fields):
                inodes.add(int(fields[6]))
    if not inodes:
        return None
    found = owners(inodes, pids=all_pids(), spent=case.budget.spent)
    named: list[tuple[int | None, str]] = [
        (held[0].pid, printable(held[0].name)) for held in found.values()
    ]
    return named[:MOST_NAMED] or [(None, "?")]


def _listens(fields: list[bytes]) -> bool:
    return bool(int(fields[3], 16) & _LISTENS)


def first_missing(case: Case) -> str | None:
    """The first part of the path that does not exist now."""
    path: Any = case.error.address
    if not isinstance(path, str) or not path.startswith("/"):
        return None
    parts = path.split("/")
    for count in range(2, len(parts) + 1):
        upto = "/".join(parts[:count])
        if not os.path.lexists(upto):
            return None if count == len(parts) else upto
    return None
