"""Who listens on the port that a connect of this machine went to."""

from __future__ import annotations

import _socket

from pysock import sock_diag
from pysock.errors.handlers import by_handler
from pysock.explain.evidence.holding import held
from pysock.explain.evidence.machine import is_ours
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case
    from pysock.explain.evidence.holding import Holding
    from pysock.sock_diag.entry import Entry


_ANY = ("0.0.0.0", "::")


class Listeners(Record):
    """The listeners on a port, those that a connect would reach first.

    Attributes:
        serving: those that the connect reaches now.
        others: those that it does not.
    """

    serving: list[Holding]
    others: list[Holding]


class Queue(Record):
    """The accept queue of a listener that the connect reaches.

    Attributes:
        listener: which one.
        length: connections that wait.
        limit: the backlog in force; full when the length is greater.
        drops: segments that the listener has dropped in its life.
    """

    listener: Holding
    length: int
    limit: int
    drops: int


def on_port(case: Case) -> Listeners | None:
    """The listeners on the peer's port; `None` for another machine."""
    address = case.error.address
    if address is None or not is_ours(address):
        return None
    serving: list[Entry] = []
    others: list[Entry] = []
    for entry in case.budget.within(
        sock_diag.sockets("LISTEN", local_port=address[1], info=False)
    ):
        (serving if serves(entry, address) else others).append(entry)
    # The kernel takes the one that is bound to the very address.
    serving.sort(key=lambda entry: entry.local[0] in _ANY)
    others.sort(key=_unlikeliness)
    return Listeners(held(case, serving), held(case, others))


def _unlikeliness(entry: Entry) -> int:
    """Of loopback first: the same server, bound to another of its names."""
    host = entry.local[0]
    if host == "::1" or host.startswith("127."):
        return 0
    return 1 if host in _ANY else 2


def full_queue(case: Case) -> list[Queue] | None:
    """The accept queues that the connect goes to, the fullest first."""
    address = case.error.address
    if address is None or not is_ours(address):
        return None
    reached = [
        entry
        for entry in case.budget.within(
            sock_diag.sockets(
                "LISTEN", local_port=address[1], memory=True, info=False
            )
        )
        if serves(entry, address)
    ]
    reached.sort(key=lambda e: e.recv_queue - e.send_queue, reverse=True)
    return [
        Queue(holding, entry.recv_queue, entry.send_queue, entry.drops or 0)
        for entry, holding in zip(reached, held(case, reached), strict=False)
    ]


def serves(listener: Entry, address: Any) -> bool:
    """Whether a connect from this machine to its address reaches it.

    What comes from this machine comes by loopback: a listener that is bound
    to another interface does not see it.
    """
    if listener.interface and listener.interface != _loopback():
        return False
    host, wanted = listener.local[0], address[0]
    if ":" in wanted and "." not in wanted:
        return host in (wanted, "::")
    # A mapped one goes there by IPv4; that of nobody is loopback.
    wanted = wanted.removeprefix("::ffff:")
    if wanted == "0.0.0.0":
        wanted = "127.0.0.1"
    # A dual-stack listener on :: serves IPv4, unless it is IPv6 only.
    return host in (wanted, f"::ffff:{wanted}", "0.0.0.0") or (
        host == "::" and listener.v6only is not True
    )


def _loopback() -> int:
    try:
        return _socket.if_nametoindex("lo")
    except OSError as exc:
        if by_handler(exc):
            raise
        return 1
