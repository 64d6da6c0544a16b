"""How many local ports are in use towards a destination."""

from __future__ import annotations

from pysock import sock_diag
from pysock.explain.evidence.holders import overlap
from pysock.explain.evidence.machine import port_range
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case


class PortsInUse(Record):
    """The ports of the ephemeral range that are in use.

    Attributes:
        used: how many.
        first: the first port of the range.
        last: its last.
        most_state: the state that most of these connections are in; `None`
            if none is in use.
        most: how many of them are.
    """

    used: int
    first: int
    last: int
    most_state: str | None
    most: int


def towards(case: Case) -> PortsInUse:
    """The ports in use towards the peer."""
    first, last = port_range()
    counts: dict[str, int] = {}
    for entry in case.budget.within(
        sock_diag.sockets(
            remote=tuple(case.error.address or ()),
            local_port=range(first, last + 1),
            info=False,
        )
    ):
        counts[entry.state.name] = counts.get(entry.state.name, 0) + 1
    most = max(counts, key=lambda state: counts[state], default=None)
    used = sum(counts.values())
    return PortsInUse(used, first, last, most, counts.get(most or "", 0))


def at_address(case: Case) -> tuple[int, int, int]:
    """Ports of the range that are bound at an address; how many, from, to."""
    first, last = port_range()
    address = case.error.address or case.error.local_address or ("",)
    used = {
        entry.local_port
        for states in (None, "CLOSE")
        for entry in case.budget.within(
            sock_diag.sockets(
                states, local_port=range(first, last + 1), info=False
            )
        )
        if overlap(entry.local[0], address[0])
    }
    return len(used), first, last
