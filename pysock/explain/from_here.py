"""What is told of a connect that this machine, or the call itself, refused."""

from __future__ import annotations

import errno

from pysock.errors.escape import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case
    from pysock.explain.evidence.ports import PortsInUse

_MODULE = (
    "look at the program's sandbox: Landlock, SELinux, AppArmor, the profile "
    "of a container, or a cgroup's program"
)


def no_route(case: Case) -> None:
    """This machine's own routes."""
    number = case.error.errno
    if case.error._reason == "group":
        case.why = (
            f"{case.host} is an address of many: TCP connects to one host"
        )
        case.try_ = "connect to the address of one host"
    elif number in (errno.ENETDOWN, errno.EHOSTDOWN):
        case.why = f"the interface towards {case.host} is down"
    elif number == errno.EHOSTUNREACH:
        case.why = (
            f"a route of this machine says that {case.host} cannot be reached"
        )
    else:
        case.why = f"this machine has no route to {case.host}"


def denied_here(case: Case) -> None:
    """Forbidden by a route, or by what is no route."""
    if case.kind == "route":
        case.why = f"a route of this machine prohibits {case.host}"
        case.try_ = case.fill("`ip route get {host}` and `ip rule` show it")
    elif case.kind == "policy":
        case.why = (
            f"a security module or a cgroup's program of this machine forbids "
            f"the connect to {case.peer}"
        )
        if case.error._reason == "module":
            case.facts.append("the routing table does not forbid it")
        case.try_ = _MODULE


def invalid(case: Case) -> None:
    """An address that makes no sense from this socket."""
    reason = case.error._reason
    if reason == "source":
        _from_the_wrong_address(case)
    elif reason == "only-ipv6":
        case.why = f"an IPV6_V6ONLY socket does not connect to {case.host}"
        case.try_ = "connect with an IPv4 socket, or clear IPV6_V6ONLY"
    elif reason == "scope":
        _over_the_wrong_link(case)
    elif case.kind == "route":
        case.why = f"a blackhole route of this machine swallows {case.host}"


def _from_the_wrong_address(case: Case) -> None:
    here = source_of(case)
    if here is None:
        case.why = (
            "the socket is bound to one interface, and no route leads from "
            f"there to {case.host}"
        )
        case.try_ = case.fill(
            "`ip route get {host}` shows the interface that leads there"
        )
        return
    case.why = (
        f"the socket is bound to {here}, from where no way leads to "
        f"{case.host}"
    )
    see_source(case)
    case.try_ = case.fill(
        "do not bind, or bind to the `src` that `ip route get {host}` shows"
    )


def see_source(case: Case) -> None:
    """What is wrong with the address of this end."""
    found = case.found.get("source")
    if found == "gone":
        case.facts.append(
            f"no interface of this machine has {source_of(case)} now"
        )
    elif found == "loopback":
        case.facts.append(
            f"{source_of(case)} is loopback: it reaches this machine only"
        )


def source_of(case: Case) -> str | None:
    """This end's host, safe to print; `None` if it is any."""
    here = case.error.local_address
    if here is None or here[0] in ("0.0.0.0", "::"):
        return None
    return printable(here[0])


def _over_the_wrong_link(case: Case) -> None:
    address = case.error.address
    if address is not None and len(address) == 4 and address[3]:
        case.why = (
            f"{case.host} is on another link than the one that this socket "
            "is bound to"
        )
        case.try_ = "bind to an address of that link, or do not bind"
    else:
        case.why = f"{case.host} is link-local, and no interface is given"
        case.try_ = (
            "give the interface's number as the fourth part of the address "
            "(scope id): socket.if_nametoindex(NAME)"
        )


def port_taken(case: Case) -> None:
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
    case.facts.append(
        f"{found.used:,} of {found.last - found.first + 1:,} ports "
        f"({found.first} to {found.last}, net.ipv4.ip_local_port_range) go "
        f"there, {found.most:,} of them in {found.most_state}"
    )


def twice(case: Case) -> None:
    """On a connected socket, or on a listener."""
    if case.error._reason == "listening":
        case.why = "this socket listens, and what listens does not connect"
        case.try_ = "connect with a socket of its own"
    else:
        case.why = f"this socket is connected already, to {case.peer}"
