"""How long connections wait in the queues of listeners."""

from __future__ import annotations

from socket import AF_INET

from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pysock.sock_diag import Entry

# A connection that no program has taken has no inode, and is in one of these.
_WAITING = (TcpState.ESTABLISHED, TcpState.CLOSE_WAIT)


def queue_waits(entries: Iterable[Entry]) -> list[tuple[list[Entry], int]]:
    """Find out how long the first in each queue has waited.

    Args:
        entries: listeners and connections, with TCP_INFO; at least all of
            the ports that matter.

    Returns:
        for each address at which connections wait: the listeners that have
        such connections, and milliseconds. Of several (SO_REUSEPORT) the
        kernel does not say in whose queue a connection is. Left out is where
        nobody waits, or the kernel does not say how long.
    """
    listeners: dict[tuple[int, str, int], list[Entry]] = {}
    waiting = []
    for entry in entries:
        if entry.state is TcpState.LISTEN:
            listeners.setdefault(_place(entry), []).append(entry)
        elif not entry.inode and entry.state in _WAITING:
            waiting.append(entry)
    longest: dict[tuple[int, str, int], int] = {}
    for entry in waiting:
        info = entry.tcp_info
        waited = info.queue_wait_ms if info is not None else None
        place = _place(entry)
        if place not in listeners:
            place = _anywhere(entry)
        if waited is not None:
            longest[place] = max(waited, longest.get(place, 0))
    found = []
    for place, waited in longest.items():
        busy = [one for one in listeners.get(place, ()) if one.recv_queue]
        if busy:
            found.append((busy, waited))
    return found


def _place(entry: Entry) -> tuple[int, str, int]:
    """An IPv4 peer of an IPv6 listener has an IPv6 socket: no other fits."""
    return entry.family, entry.local[0], entry.local_port


def _anywhere(entry: Entry) -> tuple[int, str, int]:
    host = "0.0.0.0" if entry.family == AF_INET else "::"
    return entry.family, host, entry.local_port
