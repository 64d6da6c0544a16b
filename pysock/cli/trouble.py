"""What is wrong with a socket, in a few words, from one reading of it."""

from __future__ import annotations

from pysock.explain.finding import DOUBTFUL, HARMLESS, WRONG
from pysock.explain.words import duration
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.sock_diag import Entry
    from pysock.sock_diag.columns import Columns

    # How bad, or None for an ordinary socket; and words.
    Trouble = tuple[str | None, str]

# Seconds after which a program is not about to close its end any more.
_LONG = 60.0
_ENDING = frozenset(
    {TcpState.TIME_WAIT, TcpState.FIN_WAIT2, TcpState.LAST_ACK}
)
# In these states it takes more than the state to be in trouble.
_ORDINARY: dict[int, Trouble] = {
    int(state): (HARMLESS if state in _ENDING else None, "")
    for state in TcpState
    if state not in (TcpState.LISTEN, TcpState.CLOSE_WAIT)
}
# The kernel's number for the timer of a closed window.
_PERSIST = 4
# How often data, or a probe, was repeated before that is more than a loss.
_SEVERAL = 3


def troubles(seen: Columns) -> list[Trouble]:
    """What `trouble` says of each; most of many sockets are in none."""
    return [
        _ORDINARY[state]
        if state in _ORDINARY and timer != _PERSIST and not (tries or dropped)
        else trouble(entry)
        for entry, state, timer, tries, dropped in zip(
            seen.entries,
            seen.states,
            seen.timers,
            seen.retransmits,
            seen.drops(),
            strict=True,
        )
    ]


def trouble(entry: Entry) -> Trouble:
    """How bad it is, and what.

    Returns:
        a severity, or `None` for an ordinary socket; and words, which are
        empty for that and for one that is only ending.
    """
    state = entry.state
    if state is TcpState.LISTEN:
        return _listener(entry)
    if entry.timer == "persist":
        return DOUBTFUL, "peer's window is closed"
    if entry.timer == "on" and entry.retransmits:
        bad = WRONG if entry.retransmits >= _SEVERAL else DOUBTFUL
        return bad, f"no answer, sent again x{entry.retransmits}"
    # With no inode nobody can close it: it waits to be accepted.
    if state is TcpState.CLOSE_WAIT and entry.inode:
        return _left_open(entry)
    if entry.drops:
        return DOUBTFUL, f"dropped {entry.drops:,}"
    return (HARMLESS if state in _ENDING else None), ""


def _listener(entry: Entry) -> Trouble:
    queue, limit, drops = entry.recv_queue, entry.send_queue, entry.drops
    words = []
    if queue > limit:
        words.append(f"FULL {queue:,}/{limit:,}")
    if drops:
        words.append(f"dropped {drops:,}")
    if not words:
        return None, ""
    return (WRONG if queue > limit else DOUBTFUL), ", ".join(words)


def _left_open(entry: Entry) -> Trouble:
    info = entry.tcp_info
    since = info.last_ack_recv_ms if info is not None else None
    if since is None:
        return DOUBTFUL, "peer has closed"
    bad = WRONG if since >= _LONG * 1000 else DOUBTFUL
    # At least: an ACK of what this end has sent since is newer.
    return bad, f"peer closed > {duration(since / 1000)} ago"
