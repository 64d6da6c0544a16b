"""What is told of a connect that failed."""

from __future__ import annotations

import errno
import os
from socket import AF_INET, AF_INET6, inet_pton

from pysock.errors.escape import printable
from pysock.errors.handlers import by_handler
from pysock.explain.evidence import listeners, ports
from pysock.explain.icmp_names import icmp_name
from pysock.explain.words import duration, many, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case
    from pysock.explain.evidence.listeners import Listeners
    from pysock.explain.evidence.ports import PortsInUse
    from pysock.tcp.info import TcpInfo


def refused_by_reset(case: Case) -> None:
    """A RST: from this machine the table of listeners says more."""
    after = _after(case)
    found: Listeners | None = case.found.get("listeners")
    if found is None:
        case.why = (
            f"{case.host} answered with a RST{after}: nothing listens on its "
            f"port {case.port}, or a firewall answers in its name"
        )
    elif found.serving:
        case.why = (
            f"the SYN was answered with a RST{after}, though a listener on "
            f"port {case.port} of {case.host} exists now"
        )
        _see(case, "the listener", found.serving)
        case.try_ = (
            "connect again: it has started since, or a firewall of this "
            "machine refuses"
        )
    else:
        case.why = (
            f"nothing listens on port {case.port} of {case.host}; the host "
            f"answered with a RST{after}"
        )
        if found.others:
            _see(case, "a listener", found.others)
            case.try_ = _elsewhere(case, found)


def _elsewhere(case: Case, found: Listeners) -> str:
    """Advice for a listener at another address of this machine."""
    host = found.others[0].where.rpartition(":")[0].strip("[]")
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
    elapsed = case.error.elapsed
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
    case.why = f"{case.peer} did not answer {tries}{within}; {whose}"
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
        return
    case.why = (
        f"{_offender(case)} says that {case.host} cannot be reached"
        f"{_after(case)}"
    )
    _see_icmp(case)


def no_route(case: Case) -> None:
    """This machine's own routes."""
    number = case.error.errno
    if _is_for_many(case.error.address):
        case.why = f"{case.host} is an address of many: TCP connects to one"
        case.try_ = "connect to the address of one host"
    elif number in (errno.ENETDOWN, errno.EHOSTDOWN):
        case.why = f"the interface towards {case.host} is down"
    else:
        case.why = f"this machine has no route to {case.host}"


def denied(case: Case) -> None:
    """Forbidden, by whom the origin tells."""
    if case.kind == "icmp":
        case.why = f"{_offender(case)} forbids the connection to {case.peer}"
        _see_icmp(case)
    elif case.kind == "route":
        case.why = f"a route of this machine prohibits {case.host}"
        case.try_ = case.fill("`ip route get {host}` and `ip rule` show it")
    elif case.kind == "policy":
        case.why = f"a firewall or policy of this machine forbids {case.peer}"
        case.try_ = (
            "`nft list ruleset` shows the firewall; else a cgroup's or the "
            "sandbox's policy"
        )


def invalid(case: Case) -> None:
    """An address that makes no sense from this socket."""
    address = case.error.address
    if case.error.errno == errno.ENETUNREACH:
        case.why = f"an IPV6_V6ONLY socket does not connect to {case.host}"
        case.try_ = "connect with an IPv4 socket, or clear IPV6_V6ONLY"
    elif case.kind == "route":
        case.why = f"a blackhole route of this machine swallows {case.host}"
    elif case.kind == "caller" and _lacks_scope(address):
        case.why = f"{case.host} is link-local, and no interface is given"
        case.try_ = (
            "give the interface's number as the fourth part of the address "
            "(scope id)"
        )


def in_use_already(case: Case) -> None:
    """The bound port has this very connection."""
    here = case.error.local_address
    port = f"port {printable(here[1])}" if here else "the bound port"
    case.why = f"{port} of this end has a connection to {case.peer} already"


def no_port(case: Case) -> None:
    """Every local port is in use towards there."""
    case.why = f"no local port is left for a connection to {case.peer}"
    found: PortsInUse | None = case.found.get("ports")
    if found is None or not found.used:
        return
    there = found.last - found.first + 1
    case.facts.append(
        f"{found.used:,} of {there:,} ports ({found.first} to {found.last}, "
        f"net.ipv4.ip_local_port_range) go there, {found.most:,} of them in "
        f"{found.most_state}"
    )


def twice(case: Case) -> None:
    """On a connected socket, or on a listener."""
    info = case.info
    if info is not None and info.is_listening:
        case.why = "a listener cannot connect"
        case.try_ = "connect with a socket of its own"
    else:
        case.why = f"this socket is connected already, to {case.peer}"


def _other(case: Case) -> None:
    number = case.error.errno
    said = os.strerror(number) if number else printable(case.error)
    case.why = f"the connect to {case.peer} failed: {said}"


def _after(case: Case) -> str:
    elapsed = case.error.elapsed
    return "" if elapsed is None else f" after {duration(elapsed)}"


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


def _is_for_many(address: Any) -> bool:
    """Whether it is a multicast address, or one that means everybody."""
    host = _plain(address)
    if host is None:
        return False
    try:
        if ":" in host:
            return inet_pton(AF_INET6, host)[0] == 0xFF
        numeric = inet_pton(AF_INET, host)
    except OSError as exc:
        if by_handler(exc):
            raise
        return False
    return numeric[0] >> 4 == 0xE or numeric == b"\xff\xff\xff\xff"


def _lacks_scope(address: Any) -> bool:
    host = _plain(address) or ""
    return host.lower().startswith(("fe8", "fe9", "fea", "feb")) and not (
        len(address) == 4 and address[3]
    )


LOOKS = {
    "connect-refused-reset": (("listeners", listeners.on_port),),
    "connect-refused": (("listeners", listeners.on_port),),
    "connect-timeout-kernel": (("queues", listeners.full_queue),),
    "connect-timeout-deadline": (("queues", listeners.full_queue),),
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
    "connect-no-route": no_route,
    "connect-denied": denied,
    "connect-invalid": invalid,
    "connect-twice": twice,
    "connect-no-port": no_port,
    "connect-port-taken": in_use_already,
    "connect-other": _other,
}
