"""Who has the address that a bind or listen wanted."""

from __future__ import annotations

from pysock import sock_diag
from pysock.explain.evidence.holding import held
from pysock.tcp.record import Record
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case
    from pysock.explain.evidence.holding import Holding
    from pysock.raw.bound import Setting
    from pysock.sock_diag.entry import Entry

_CONNECTED = [
    state.name
    for state in TcpState
    if state not in (TcpState.LISTEN, TcpState.CLOSE)
]


class Holders(Record):
    """The sockets that have an address.

    Attributes:
        held: the first few of those that some process has; listeners first.
        in_all: how many these are in all.
        waiting: connections in TIME_WAIT.
        last_s: seconds until the last of these is over; `None` if there are
            none.
    """

    held: list[Holding]
    in_all: int
    waiting: int
    last_s: float | None


def of_address(case: Case) -> Holders | None:
    """The sockets that keep one from a port; `None`: any port would do."""
    address = case.error.address or case.error.local_address
    if not address or not address[1]:
        return None
    found: list[Entry] = []
    for states in _states(case):
        found += [
            entry
            for entry in case.budget.within(
                sock_diag.sockets(states, local_port=address[1], info=False)
            )
            if hinders(entry, address[0], case.error._setting)
        ]
        if found and states == "LISTEN":
            break  # the others at that port are its connections
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


def _states(case: Case) -> tuple[str | list[str], ...]:
    """What can stand in the way: of a listen, only what listens already.

    Who listens is asked for first: that table is short.
    """
    if case.error.call == "listen":
        return ("LISTEN",)
    return ("LISTEN", _CONNECTED, "CLOSE")


def hinders(entry: Entry, host: str, setting: Setting | None) -> bool:
    """Whether a socket may stand in the way of another's bind.

    Args:
        entry: the one that is there.
        host: the address that the other one wants.
        setting: what that one had set; `None` if it is not known.

    SO_REUSEADDR and SO_REUSEPORT of the one that is there cannot be seen.
    """
    if not overlap(entry.local[0], host):
        return False
    if entry.v6only and entry.local[0] == "::" and ":" not in host:
        return False
    if setting is None:
        return True
    if setting.cookie is not None and setting.cookie == entry.cookie:
        return False  # the very socket
    if setting.only_ipv6 and host == "::" and ":" not in entry.local[0]:
        return False
    # Bound to one interface each, and not the same.
    mine, other = setting.interface, entry.interface
    return not (mine and other and mine != other)


def overlap(one: str, other: str) -> bool:
    """Whether two addresses cannot both be bound with one port."""
    one, other = one.removeprefix("::ffff:"), other.removeprefix("::ffff:")
    if one == other or "::" in (one, other):
        return True
    return "0.0.0.0" in (one, other) and not (":" in one or ":" in other)
