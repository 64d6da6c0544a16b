"""What is told of a connect that failed."""

from __future__ import annotations

import os

from pysock.errors.escape import printable
from pysock.explain import from_here
from pysock.explain.evidence import firewall, listeners, ports, sources
from pysock.explain.from_here import denied_here, see_source, source_of
from pysock.explain.icmp_names import icmp_name
from pysock.explain.words import duration, many, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case
    from pysock.explain.evidence.listeners import Listeners
    from pysock.tcp.info import TcpInfo


def refused_by_reset(case: Case) -> None:
    """A RST: from this machine the table of listeners says more."""
    after = _after(case)
    found: Listeners | None = case.found.get("listeners")
    if found is None:
        case.why = (
            f"a RST refused the connection to {case.peer}{after}: nothing "
            "listens there, or a firewall refuses, here or on the way"
        )
    elif found.serving:
        case.why = (
            f"the SYN was answered with a RST{after}, though a listener on "
            f"port {case.port} of {case.host} exists now"
        )
        _see(case, "the listener", found.serving)
        case.try_ = (
            "connect again: it has started since; or a firewall rule of this "
            "machine refuses the connect or redirects it (`nft list ruleset`)"
        )
    else:
        case.why = (
            f"nothing listens on port {case.port} of {case.host}; the host "
            f"answered with a RST{after}"
        )
        if found.others:
            _see(case, "a listener", found.others)
            case.try_ = _elsewhere(case, found)
        if case.found.get("translated") and case.try_ is not None:
            case.try_ += (
                "; if a firewall rule of this machine redirects that port, "
                "to what it leads to"
            )


def _elsewhere(case: Case, found: Listeners) -> str | None:
    """Advice for a listener that the connect does not reach."""
    other = found.others[0]
    if other.note is not None:
        return f"bind the server so that it serves {case.host} too"
    host = other.where.rpartition(":")[0].strip("[]")
    return f"connect to {host}, or bind the server to {case.host} as well"


def _see(case: Case, what: str, holdings: list[Any]) -> None:
    shown = " and ".join(h.shown(naming=case.naming) for h in holdings)
    case.facts.append(f"{what} on {shown}")


def refused(case: Case) -> None:
    """Refused, and nobody knows how."""
    found: Listeners | None = case.found.get("listeners")
    if found is not None and not found.serving:
        case.why = (
            f"nothing listens on port {case.port} of {case.host}, now; it "
            f"was refused{_after(case)}"
        )
        if found.others:
            _see(case, "a listener", found.others)
            case.try_ = _elsewhere(case, found)
        return
    case.why = (
        f"{case.peer} was refused{_after(case)}: by a RST, since nothing "
        "listens there, or by an ICMP message; which cannot be told"
    )


def refused_by_icmp(case: Case) -> None:
    """ICMP port unreachable."""
    case.why = (
        f"{_offender(case)} refused the connection to {case.peer} by ICMP"
        f"{_after(case)}; the peer's TCP did not answer"
    )
    _see_icmp(case)


def reset(case: Case) -> None:
    """A RST after the SYN-ACK."""
    case.why = (
        f"{case.peer} accepted the connection and reset it at once"
        f"{_after(case)}"
    )


def no_answer(case: Case) -> None:
    """No SYN was answered, until the kernel or the caller gave up."""
    # A read or write that waited for the connect has begun after it.
    elapsed = case.error.elapsed if case.error.call == "connect" else None
    sent = _syns(case.info)
    within = "" if elapsed is None else f" in {duration(elapsed)}"
    if sent == 0:
        case.why = f"not one SYN left this machine for {case.peer}{within}"
        return
    tries = "the SYN" if sent is None else f"the SYN, sent {times(sent)}"
    whose = (
        "then the caller's timeout ran out"
        if case.code == "connect-timeout-deadline"
        else "then the kernel gave up"
    )
    case.why = f"no answer came from {case.peer} to {tries}{within}; {whose}"
    if case.found.get("source") is not None:
        case.why = (
            f"no answer from {case.peer} can come back{within}: the socket "
            f"is bound to {source_of(case)}"
        )
        see_source(case)
        case.try_ = "do not bind, or bind to another address"
        return
    queues = case.found.get("queues")
    if not queues:
        return
    fullest = queues[0]
    full = fullest.length > fullest.limit
    shown = fullest.listener.shown(naming=case.naming)
    case.facts.append(
        f"the accept queue of {shown} {'is' if full else 'is not'} full now: "
        f"{fullest.length:,} waiting, with a limit of {fullest.limit:,}"
    )
    if fullest.drops:
        case.facts.append(
            f"it has dropped {many(fullest.drops, 'segment')} so far"
        )
    if full:
        case.try_ = (
            "make the server accept sooner, or raise its backlog and "
            "net.core.somaxconn"
        )


def unreachable(case: Case) -> None:
    """ICMP said so, or nobody answered on the link."""
    if case.kind != "icmp":
        case.why = f"{case.host} cannot be reached; who says so cannot be told"
        return
    case.why = (
        f"{_offender(case)} says that {case.host} cannot be reached"
        f"{_after(case)}"
    )
    _see_icmp(case)


def denied(case: Case) -> None:
    """Forbidden, by whom the origin tells."""
    if case.kind == "icmp":
        case.why = f"{_offender(case)} forbids the connection to {case.peer}"
        _see_icmp(case)
    else:
        denied_here(case)


def _other(case: Case) -> None:
    number = case.error.errno
    if case.error._reason == "ended-here":
        case.why = (
            f"the connect to {case.peer} was ended at this end, by a "
            "shutdown() before there was an answer"
        )
        case.try_ = (
            "look for the shutdown() in this program, or in another process "
            "that has the socket"
        )
        return
    said = os.strerror(number) if number else printable(case.error)
    case.why = f"the connect to {case.peer} failed: {said}"


def _after(case: Case) -> str:
    elapsed = case.error.elapsed
    # Asked for later, it may have been over long before.
    if elapsed is None or case.error._noticed:
        return ""
    return f" after {duration(elapsed)}"


def _syns(info: TcpInfo | None) -> int | None:
    """SYNs sent, retransmissions included; `None` if not known."""
    if info is None:
        return None
    if info.segs_out is not None:
        return info.segs_out
    again = info.total_retrans
    if again is None:
        # A blocking connect leaves this one alone.
        again = info.retransmits
    return None if again is None else again + 1


def _offender(case: Case) -> str:
    """Who sent the ICMP message, in words."""
    origin = case.error.origin
    offender = getattr(origin, "offender", None)
    if offender is None:
        return "a machine on the path"
    if offender == _plain(case.error.local_address):
        return f"this machine itself ({offender})"
    if offender == _plain(case.error.address):
        return f"the peer's host {offender}"
    return f"the router {offender}"


def _see_icmp(case: Case) -> None:
    origin = case.error.origin
    if origin is None or origin.icmp_type is None:
        return
    ipv6 = ":" in (origin.offender or "")
    name = icmp_name(origin.icmp_type, origin.icmp_code or 0, ipv6=ipv6)
    said = f"ICMP {origin.icmp_type}/{origin.icmp_code}"
    case.facts.append(f"{said} ({name})" if name else said)
    if origin.offender == _plain(case.error.local_address):
        case.facts.append(
            "no answer to ARP or ND, or a rule of this machine's firewall"
        )


def _plain(address: Any) -> str | None:
    """The host of an address, an IPv4-mapped one as an offender is given."""
    if not isinstance(address, tuple) or not address:
        return None
    host = str(address[0])
    return host.removeprefix("::ffff:") if "." in host else host


_REFUSED = (
    ("listeners", listeners.on_port),
    ("translated", firewall.translates),
)
_UNANSWERED = (
    ("source", sources.unanswerable),
    ("queues", listeners.full_queue),
)

LOOKS = {
    "connect-refused-reset": _REFUSED,
    "connect-refused": _REFUSED,
    "connect-timeout-kernel": _UNANSWERED,
    "connect-timeout-deadline": _UNANSWERED,
    "connect-invalid": (("source", sources.unanswerable),),
    "connect-no-port": (("ports", ports.towards),),
}

TELLS = {
    "connect-refused-reset": refused_by_reset,
    "connect-refused-icmp": refused_by_icmp,
    "connect-refused": refused,
    "connect-reset": reset,
    "connect-timeout-kernel": no_answer,
    "connect-timeout-deadline": no_answer,
    "connect-unreachable-host": unreachable,
    "connect-unreachable-net": unreachable,
    "connect-unreachable-icmp": unreachable,
    "connect-no-route": from_here.no_route,
    "connect-denied": denied,
    "connect-invalid": from_here.invalid,
    "connect-twice": from_here.twice,
    "connect-no-port": from_here.no_port,
    "connect-port-taken": from_here.port_taken,
    "connect-other": _other,
}
