"""Listeners whose queue is full, or whose program does not accept."""

from __future__ import annotations

from pysock.explain.finding import DOUBTFUL, WRONG, Finding
from pysock.explain.machine.survey import shown, top
from pysock.explain.words import duration, many
from pysock.sock_diag.counters import setting
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysock.explain.machine.survey import Survey
    from pysock.sock_diag.entry import Entry

# A program that is busy takes its connections within this, in seconds.
_LONG = 1.0
# Handshakes without an end: a few come from anybody who looks around.
_MANY_HALF_OPEN = 5


def findings(survey: Survey) -> Iterator[Finding]:
    """Look at each listener."""
    waiting: dict[int, list[Entry]] = {}
    half: dict[int, list[Entry]] = {}
    for entry in survey.entries:
        if entry.state is TcpState.SYN_RECV:
            half.setdefault(entry.local_port, []).append(entry)
        elif not entry.inode and entry.tcp_info is not None:
            waiting.setdefault(entry.local_port, []).append(entry)
    for entry in survey.in_state(TcpState.LISTEN):
        queue = waiting.get(entry.local_port, [])
        if entry.recv_queue > entry.send_queue:
            yield _full(survey, entry, queue)
        elif (wait := _longest(queue)) >= _LONG and entry.recv_queue:
            yield _slow(survey, entry, wait)
        handshakes = half.get(entry.local_port, [])
        unanswered = [e for e in handshakes if e.retransmits]
        if len(unanswered) >= _MANY_HALF_OPEN:
            yield _half_open(survey, entry, unanswered)
    if survey.pid is None:
        yield from _syn_queue(survey)


def _longest(queue: list[Entry]) -> float:
    """How long somebody has waited at least: nothing came since, seconds."""
    silent = (
        info.last_ack_recv_ms or 0
        for entry in queue
        if (info := entry.tcp_info) is not None
    )
    return max(silent, default=0) / 1000


def _full(survey: Survey, entry: Entry, queue: list[Entry]) -> Finding:
    seen = []
    dropped = _dropped(survey, entry)
    if dropped:
        seen.append(
            f"it threw {many(dropped, 'segment')} away in "
            f"{duration(survey.seconds)}"
        )
    if queue:
        seen.append(f"one has waited for at least {duration(_longest(queue))}")
    most = setting("net.core.somaxconn")
    if most and entry.send_queue == most[0]:
        seen.append("that limit is net.core.somaxconn")
    return Finding(
        WRONG,
        "listener-full",
        f"the accept queue of {shown(entry.local)} ({survey.who(entry)}) is "
        f"full: {many(entry.recv_queue, 'connection')} waiting, with a limit "
        f"of {entry.send_queue:,}; the program does not accept fast enough",
        tuple(seen),
        _ask(survey, entry),
    )


def _slow(survey: Survey, entry: Entry, wait: float) -> Finding:
    return Finding(
        DOUBTFUL,
        "listener-slow",
        f"{many(entry.recv_queue, 'connection')} to {shown(entry.local)} "
        f"({survey.who(entry)}) waiting for accept, one for at least "
        f"{duration(wait)}",
        (f"there is room for {entry.send_queue + 1:,}",),
        _ask(survey, entry),
    )


def _half_open(
    survey: Survey, entry: Entry, unanswered: list[Entry]
) -> Finding:
    count = len(unanswered)
    return Finding(
        WRONG if count > entry.send_queue else DOUBTFUL,
        "handshakes-unfinished",
        f"{many(count, 'handshake')} to {shown(entry.local)} "
        f"({survey.who(entry)}) half-open: the client sent a SYN and does "
        "not answer the SYN-ACK",
        (
            f"they come from {top(e.remote[0] for e in unanswered)}",
            "a flood of SYNs with forged senders looks so, and a network "
            "that loses the answers",
        ),
        f"pysock sockets --state syn-recv {entry.local_port}",
    )


def _syn_queue(survey: Survey) -> Iterator[Finding]:
    dropped = survey.moved("TcpExtTCPReqQFullDrop")
    cookies = survey.moved("TcpExtTCPReqQFullDoCookies")
    for number, severity, what in (
        (dropped, WRONG, "dropped"),
        (cookies, DOUBTFUL, "answered with a cookie"),
    ):
        if number:
            yield Finding(
                severity,
                "syn-queue-full",
                f"{many(number, 'SYN')} {what} in "
                f"{duration(survey.seconds)}: a listener has more unfinished "
                "handshakes than its backlog",
                (),
                "pysock sockets --state syn-recv",
            )


def _dropped(survey: Survey, entry: Entry) -> int:
    before = survey.earlier.get(entry.cookie)
    if before is None or entry.drops is None or before.drops is None:
        return 0
    return entry.drops - before.drops


def _ask(survey: Survey, entry: Entry) -> str:
    held = survey.holders(entry)
    if not held:
        return f"sudo pysock sockets --state listen {entry.local_port}"
    return f"pysock ps {held[0].pid}, which says what its threads do"
