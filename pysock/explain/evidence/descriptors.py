"""What the descriptors of this process, and the files of all, are."""

from __future__ import annotations

from errno import EBADF
from resource import RLIMIT_NOFILE, getrlimit

from pysock.raw.calls import ffi, lib
from pysock.tcp.record import Record
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case


class Descriptors(Record):
    """The descriptors of this process.

    Attributes:
        opened: how many are open.
        limit: how many may be.
        sockets: how many are TCP sockets.
        left: how many of these are in CLOSE_WAIT: the peer closed and this
            program did not.
    """

    opened: int
    limit: int
    sockets: int
    left: int


def of_this_process(case: Case) -> Descriptors | None:
    """Count them; `None` if that would take too long, or it was another's.

    It needs no descriptor itself: it asks every number that there can be.
    """
    limit = getrlimit(RLIMIT_NOFILE)[0]
    if limit < 0 or case.error._of_another:
        return None
    state = ffi.new("uint8_t[1]")
    opened = sockets = left = 0
    for fd in case.budget.within(range(limit)):
        length = lib.pysock_tcp_info(fd, state, 1)
        if length == -EBADF:
            continue
        opened += 1
        if length > 0:
            sockets += 1
            left += state[0] == TcpState.CLOSE_WAIT
    if case.budget.cut:
        return None
    return Descriptors(opened, limit, sockets, left)


def of_the_machine(case: Case) -> tuple[int, int]:
    """Open files of the whole machine, and how many there may be."""
    # The administrator may open one more, and others are told nothing.
    with open("/proc/sys/fs/file-nr", encoding="ascii") as file:  # noqa: PTH123
        opened, _, most = map(int, file.read().split())
    return opened, most
