"""Who has the address that a bind or listen wanted."""

from __future__ import annotations

from collections import namedtuple

from pysock import sock_diag
from pysock.explain.evidence.holding import held
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case
    from pysock.explain.evidence.holding import Holding


class Holders(namedtuple("Holders", "held count waiting last_s")):
    """The sockets that have an address.

    Attributes:
        held: the first few of those that some process has; listeners first.
        count: how many these are in all.
        waiting: connections in TIME_WAIT.
        last_s: seconds until the last of these is over; `None` if there are
            none.
    """

    __slots__ = ()

    held: list[Holding]
    count: int
    waiting: int
    last_s: float | None


def of_address(case: Case) -> Holders | None:
    """The sockets with the port, at an address that overlaps; `None`: any."""
    address = case.error.address or case.error.local_address
    if not address or not address[1]:
        return None
    host, port = address[:2]
    found = [
        entry
        for states in (None, "CLOSE")
        for entry in case.budget.within(
            sock_diag.sockets(states, local_port=port, info=False)
        )
        if overlap(entry.local[0], host)
    ]
    waiting = [e for e in found if e.state is TcpState.TIME_WAIT]
    others = sorted(
        (e for e in found if e.state is not TcpState.TIME_WAIT),
        key=lambda e: e.state is not TcpState.LISTEN,
    )
    last = max((e.expires_ms or 0 for e in waiting), default=None)
    return Holders(
        held(case, others),
        len(others),
        len(waiting),
        None if last is None else last / 1000,
    )


def overlap(one: str, other: str) -> bool:
    """Whether two addresses cannot both be bound with one port."""
    one, other = one.removeprefix("::ffff:"), other.removeprefix("::ffff:")
    if one == other or "::" in (one, other):
        return True
    return "0.0.0.0" in (one, other) and not (":" in one or ":" in other)
