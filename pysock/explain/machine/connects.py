"""Connects that fail: nobody answers, nobody listens, no port is left."""

from __future__ import annotations

from pysock.explain.evidence.machine import is_ours
from pysock.explain.finding import DOUBTFUL, WRONG, Finding
from pysock.explain.machine.survey import host_of, shown, top
from pysock.explain.words import duration, many
from pysock.sock_diag.counters import setting
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pysock.explain.machine.survey import Survey
    from pysock.sock_diag.entry import Entry

# Failures to one place within the time looked at that are no chance.
_FEW = 3
# Shares of the ephemeral ports.
_MUCH, _NEARLY_ALL = 0.8, 0.95
_TIME_WAIT_MS, _REUSED_AFTER_MS = 60_000, 1_000


def findings(survey: Survey) -> Iterator[Finding]:
    """Look at what is under way, and at what has ended."""
    yield from _unanswered(survey)
    yield from _refused(survey)
    yield from _ports(survey)


def _unanswered(survey: Survey) -> Iterator[Finding]:
    places: dict[str, list[Entry]] = {}
    for entry in survey.in_state(TcpState.SYN_SENT):
        if entry.retransmits:
            places.setdefault(shown(entry.remote), []).append(entry)
    for place, entries in places.items():
        host, port = host_of(entries[0].remote), entries[0].remote_port
        most = max(entry.retransmits for entry in entries) + 1
        seen = [f"held by {top(survey.who(entry) for entry in entries)}"]
        full = [e for e in _serving(survey, host, port) if _is_full(e)]
        if full:
            seen.append(
                "its listener is on this machine, and its accept queue is full"
            )
        yield Finding(
            WRONG,
            "connect-unanswered",
            f"{many(len(entries), 'connect')} to {place} without any answer: "
            f"the SYN has been sent up to {many(most, 'time')}",
            tuple(seen),
            f"pysock path {host} {port}" if not full else None,
        )


def refused(survey: Survey) -> list[Entry]:
    """Connects that were answered with a RST, where the kernel still knows.

    Of a blocking connect that failed it has forgotten the port.
    """
    return [
        entry
        for entry in survey.dead
        if entry.remote_port
        and (info := entry.tcp_info) is not None
        and not info.was_established
        and info.segs_in
    ]


def _refused(survey: Survey) -> Iterator[Finding]:
    if survey.pid is not None:
        return  # whose they were is not known any more
    places: dict[str, list[Entry]] = {}
    for entry in refused(survey):
        places.setdefault(shown(entry.remote), []).append(entry)
    for place, entries in places.items():
        if len(entries) >= _FEW:
            yield _one_refused(survey, place, entries)
    known = sum(map(len, places.values()))
    yield from _forgotten(survey, known)


def _one_refused(survey: Survey, place: str, entries: list[Entry]) -> Finding:
    host, port = host_of(entries[0].remote), entries[0].remote_port
    why = (
        f"{many(len(entries), 'connect')} to {place} refused in "
        f"{duration(survey.seconds)}"
    )
    if not is_ours((host, port)):
        return Finding(
            WRONG,
            "connect-refused",
            f"{why}: the host answers with a RST",
            (),
            f"on {host}: ss -ltnp 'sport = :{port}'",
        )
    if serving := _serving(survey, host, port):
        return Finding(
            DOUBTFUL,
            "connect-refused",
            f"{why}; {survey.who(serving[0])} listens there now",
            (),
            None,
        )
    elsewhere = [
        entry
        for entry in survey.in_state(TcpState.LISTEN)
        if entry.local_port == port
    ]
    if not elsewhere:
        return Finding(
            WRONG,
            "connect-refused",
            f"{why}: nothing listens on port {port} of this machine",
            (),
            "start the server, or correct the port of the client",
        )
    named = ", ".join(
        f"{shown(entry.local)} ({survey.who(entry)})"
        for entry in elsewhere[:3]
    )
    family = all((":" in e.local[0]) != (":" in host) for e in elsewhere)
    kind = "IPv6" if ":" in host else "IPv4"
    which = (
        f"nothing listens on {kind} there, while the server listens on"
        if family
        else "the server listens on another address:"
    )
    return Finding(
        WRONG,
        "wrong-family" if family else "wrong-address",
        f"{why}: {which} {named}",
        (),
        f"bind the server to {host} as well, or let the client connect to "
        f"{shown(elsewhere[0].local)}",
    )


def _forgotten(survey: Survey, known: int) -> Iterator[Finding]:
    """Blocking connects that failed: the host is kept, the port is not.

    A connection that was reset from this end looks the same, so the counter
    of failed connects has to agree.
    """
    hosts: dict[str, int] = {}
    for entry in survey.dead:
        host = host_of(entry.remote)
        if not entry.remote_port and host not in ("0.0.0.0", "::"):
            hosts[host] = hosts.get(host, 0) + 1
    failed = survey.moved("TcpAttemptFails") - known
    resets = survey.moved("TcpExtTCPAbortOnData")
    if resets or failed < sum(hosts.values()):
        return
    for host, count in hosts.items():
        if count >= _FEW:
            yield Finding(
                WRONG,
                "connect-failed",
                f"{many(count, 'blocking connect')} to {host} failed in "
                f"{duration(survey.seconds)}; the kernel has forgotten to "
                "which port",
                (),
                "python -m pysock run the client: its exceptions say which",
            )


def _ports(survey: Survey) -> Iterator[Finding]:
    """Places to which nearly every port of this machine is in use."""
    bounds = setting("net.ipv4.ip_local_port_range")
    if bounds is None or len(bounds) != 2 or survey.pid is not None:
        return
    first, last = bounds
    there = last - first + 1
    ways: dict[Any, list[Entry]] = {}
    listening = {e.local_port for e in survey.in_state(TcpState.LISTEN)}
    reuse = (setting("net.ipv4.tcp_tw_reuse") or (0,))[0]
    for entry in survey.entries:
        port = entry.local_port
        if first <= port <= last and entry.remote_port:
            if port in listening or _is_free_again(entry, reuse):
                continue
            way = host_of(entry.local), shown(entry.remote)
            ways.setdefault(way, []).append(entry)
    for (_, place), entries in ways.items():
        share = len(entries) / there
        if share >= _MUCH:
            yield _used_up(survey, place, entries, bounds)


def _is_free_again(entry: Entry, reuse: int) -> bool:
    """Whether the next connect may take the port of a TIME_WAIT.

    After a second it may: 1 everywhere, 2 (the default) on loopback.
    """
    if entry.state is not TcpState.TIME_WAIT or not reuse:
        return False
    if reuse != 1:
        host = host_of(entry.remote)
        if not (host.startswith("127.") or host == "::1"):
            return False
    return (entry.expires_ms or 0) <= _TIME_WAIT_MS - _REUSED_AFTER_MS


def _used_up(
    survey: Survey, place: str, entries: list[Entry], bounds: tuple[int, ...]
) -> Finding:
    first, last = bounds
    there = last - first + 1
    waiting = sum(entry.state is TcpState.TIME_WAIT for entry in entries)
    seen = [f"in state {top(entry.state.name for entry in entries)}"]
    held = [survey.who(entry) for entry in entries if entry.inode]
    if held:
        seen.append(f"held by {top(held)}")
    if waiting * 2 > len(entries):
        advice = (
            "let the client keep its connections open and use them again; "
            "until then: sysctl net.ipv4.ip_local_port_range='1024 65535'"
        )
    else:
        advice = "let the client open fewer connections, or close them"
    left = there - len(entries)
    return Finding(
        WRONG if left <= there * (1 - _NEARLY_ALL) else DOUBTFUL,
        "ports-used-up",
        f"{len(entries):,} of the {there:,} local ports ({first} to {last}) "
        f"are in use towards {place}: "
        + (
            f"{left:,} are left, then connects fail with EADDRNOTAVAIL"
            if left > 0
            else "the next connect fails with EADDRNOTAVAIL"
        ),
        tuple(seen),
        advice,
    )


def _serving(survey: Survey, host: str, port: int) -> list[Entry]:
    """Listeners of this namespace that a connect there would reach."""
    return [
        entry
        for entry in survey.in_state(TcpState.LISTEN)
        if entry.local_port == port
        and host_of(entry.local) in (host, "0.0.0.0", "::")
        and is_ours((host, port))
    ]


def _is_full(entry: Entry) -> bool:
    return entry.recv_queue > entry.send_queue
