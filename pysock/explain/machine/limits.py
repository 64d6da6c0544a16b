"""Limits of the machine, and counters that only move when something is wrong.

Counters are sums over the namespace: they name no socket.
"""

from __future__ import annotations

from pysock.explain.finding import DOUBTFUL, HARMLESS, WRONG, Finding
from pysock.explain.machine.connects import refused
from pysock.explain.words import duration, many
from pysock.sock_diag.counters import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysock.explain.machine.survey import Survey

# Of a limit.
_MUCH, _NEARLY_ALL = 0.8, 0.95
_MANY_TIME_WAIT = 10_000
# RSTs in a second, and their share of the connections begun.
_STORM, _STORM_SHARE = 10, 0.1

# Counter, code, severity, what it means.
_ALARMS = (
    (
        "TcpExtTCPAbortOnMemory",
        "no-memory",
        WRONG,
        "connections ended by the kernel, which has no memory for them or "
        "too many orphans",
    ),
    (
        "TcpExtTCPMemoryPressures",
        "memory-pressure",
        WRONG,
        "times TCP came under memory pressure (net.ipv4.tcp_mem)",
    ),
    (
        "TcpExtTCPTimeWaitOverflow",
        "time-wait-overflow",
        DOUBTFUL,
        "connections that should have waited in TIME_WAIT and found no room "
        "(net.ipv4.tcp_max_tw_buckets)",
    ),
    (
        "TcpInErrs",
        "damaged-segments",
        DOUBTFUL,
        "segments that came damaged (wrong checksum or length)",
    ),
    (
        "TcpExtTCPRcvQDrop",
        "receive-queue-drops",
        DOUBTFUL,
        "segments thrown away for want of room in a receive queue",
    ),
    (
        "TcpExtTCPBacklogDrop",
        "backlog-drops",
        DOUBTFUL,
        "segments thrown away while a program was busy with its socket",
    ),
)


def findings(survey: Survey) -> Iterator[Finding]:
    """Look at what is of all, and at no single socket."""
    if survey.pid is not None:
        return
    yield from _resets(survey)
    for name, code, severity, what in _ALARMS:
        if count := survey.moved(name):
            yield Finding(
                severity,
                code,
                f"{count:,} {what}, in {duration(survey.seconds)}",
                (),
                f"nstat -as {name}",
            )
    yield from _memory(survey)
    yield from _orphans(survey)
    yield from _time_wait(survey)
    yield from _tracked()


def _resets(survey: Survey) -> Iterator[Finding]:
    """Many RSTs leave this machine, beyond the refused connects to it."""
    resets = survey.moved("TcpOutRsts") - len(refused(survey))
    begun = survey.moved("TcpActiveOpens") + survey.moved("TcpPassiveOpens")
    rate = resets / survey.seconds
    if rate < _STORM or resets < begun * _STORM_SHARE:
        return
    causes = (
        ("TcpExtTCPAbortOnClose", "closed here with data unread"),
        ("TcpExtTCPAbortOnData", "reset here on purpose (SO_LINGER 0)"),
        ("TcpExtTCPAbortOnTimeout", "given up here for want of an answer"),
        ("TcpAttemptFails", "ended in the middle of the handshake"),
        ("TcpEstabResets", "connections that stood, and were reset"),
    )
    seen = tuple(
        f"{count:,} {what} ({name})"
        for name, what in causes
        if (count := survey.moved(name))
    )
    yield Finding(
        WRONG,
        "reset-storm",
        f"this machine sends {rate:,.0f} RSTs a second "
        f"({resets:,} in {duration(survey.seconds)}, while "
        f"{many(begun, 'connection')} began)",
        seen,
        "tcpdump -ni any 'tcp[tcpflags] & tcp-rst != 0' names the ports",
    )


def _memory(survey: Survey) -> Iterator[Finding]:
    limits, used = setting("net.ipv4.tcp_mem"), survey.sockstat.get("mem")
    if limits is None or len(limits) != 3 or used is None:
        return
    _, pressure, most = limits
    if used >= pressure:
        yield Finding(
            WRONG if used >= most * _NEARLY_ALL else DOUBTFUL,
            "memory-pressure",
            f"TCP uses {used:,} pages of memory, and is under pressure from "
            f"{pressure:,} on (net.ipv4.tcp_mem; {most:,} at most): buffers "
            "shrink, and data is dropped",
            (),
            "ss -tm, or pysock sockets --json: who keeps so much",
        )


def _orphans(survey: Survey) -> Iterator[Finding]:
    limit, count = (
        setting("net.ipv4.tcp_max_orphans"),
        survey.sockstat.get("orphan"),
    )
    if limit is None or count is None or count < limit[0] * _MUCH:
        return
    yield Finding(
        WRONG if count >= limit[0] * _NEARLY_ALL else DOUBTFUL,
        "orphans",
        f"{count:,} connections are closed by their programs and not yet by "
        f"their peers, of {limit[0]:,} at most (net.ipv4.tcp_max_orphans): "
        "beyond that the kernel resets them",
        (),
        "pysock sockets --state fin-wait-1 --state last-ack",
    )


def _time_wait(survey: Survey) -> Iterator[Finding]:
    count = survey.sockstat.get("tw", 0)
    limit = setting("net.ipv4.tcp_max_tw_buckets")
    if limit and count >= limit[0] * _MUCH:
        yield Finding(
            DOUBTFUL,
            "time-wait",
            f"{count:,} connections wait in TIME_WAIT, of {limit[0]:,} at "
            "most (net.ipv4.tcp_max_tw_buckets)",
            (),
            "let the clients keep their connections open",
        )
    elif count >= _MANY_TIME_WAIT:
        yield Finding(
            HARMLESS,
            "time-wait",
            f"{count:,} connections wait in TIME_WAIT: this machine closes "
            "first, and each is gone after a minute",
            (),
            None,
        )


def _tracked() -> Iterator[Finding]:
    """The firewall's table of connections."""
    count = setting("net.netfilter.nf_conntrack_count")
    limit = setting("net.netfilter.nf_conntrack_max")
    if not count or not limit or count[0] < limit[0] * _MUCH:
        return
    yield Finding(
        WRONG if count[0] >= limit[0] * _NEARLY_ALL else DOUBTFUL,
        "conntrack-full",
        f"the firewall tracks {count[0]:,} connections, of {limit[0]:,} at "
        "most (net.netfilter.nf_conntrack_max): when it is full, new "
        "connections are dropped",
        (),
        "sysctl -w net.netfilter.nf_conntrack_max="
        f"{limit[0] * 2}; dmesg | grep conntrack",
    )
