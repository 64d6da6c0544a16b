"""Who else takes connections from a listener's address."""

from __future__ import annotations

import os

from pysock import sock_diag
from pysock.errors.escape import printable
from pysock.explain.evidence.holding import all_pids
from pysock.sock_diag.processes import owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case


def takers(case: Case) -> list[tuple[int, str]] | None:
    """Other processes with a listener at this address: pid and name.

    Of the same listener, inherited or passed on, and of others in its
    SO_REUSEPORT group. `None` if there are none that can be seen, or if
    nobody knows which process the failure itself was in.
    """
    here = case.error.local_address
    if here is None or not case.naming or case.error._of_another:
        return None
    inodes = {
        entry.inode
        for entry in case.budget.within(
            sock_diag.sockets("LISTEN", local_port=here[1], info=False)
        )
        if entry.local[0] == here[0]
    }
    found = owners(inodes - {0}, pids=all_pids(), spent=case.budget.spent)
    others = {
        process.pid: printable(process.name)
        for processes in found.values()
        for process in processes
        if process.pid != os.getpid()
    }
    return sorted(others.items()) or None
