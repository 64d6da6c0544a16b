"""What is told of bind, listen and accept, and of limits that were met."""

from __future__ import annotations

import os
from errno import EMFILE, ENFILE

from pysock.errors import show_address
from pysock.errors.escape import printable
from pysock.explain.evidence import descriptors, holders, ports, sharing
from pysock.explain.words import duration, many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case
    from pysock.explain.evidence.descriptors import Descriptors
    from pysock.explain.evidence.holders import Holders


def in_use(case: Case) -> None:
    """The address is taken: by whom the table of sockets tells."""
    address = case.error.address or case.error.local_address
    where = "the address" if address is None else show_address(address)
    case.why = f"{where} is taken"
    found: Holders | None = case.found.get("holders")
    if found is None:
        return
    if found.held:
        shown = " and ".join(
            h.shown(naming=case.naming, state=True) for h in found.held
        )
        more = found.in_all - len(found.held)
        rest = f" and {more:,} more" if more > 0 else ""
        case.facts.append(f"held by {shown}{rest}")
        case.try_ = "stop what holds it, or take another port"
    if found.waiting:
        case.facts.append(
            f"{many(found.waiting, 'connection')} there in TIME_WAIT, the "
            f"last for another {found.last_s or 0:.0f} s"
        )
        if not found.held:
            case.why = f"{where} is taken by connections in TIME_WAIT"
            setting = case.error._setting
            wait = f"wait {found.last_s or 0:.0f} s"
            if setting is not None and setting.reuse_address:
                case.facts.append(
                    "SO_REUSEADDR is set here, and was not set on the socket "
                    "that these are from"
                )
                case.try_ = f"{wait}; set it in the program before this too"
            else:
                case.try_ = f"set SO_REUSEADDR before bind, or {wait}"


def no_port(case: Case) -> None:
    """A bind to port 0 that found none."""
    case.why = f"no port is left to bind to at {case.host}"
    found = case.found.get("ports")
    if found is not None:
        used, first, last = found
        case.facts.append(
            f"{used:,} of {last - first + 1:,} ports ({first} to {last}, "
            "net.ipv4.ip_local_port_range) are bound there"
        )


def no_address(case: Case) -> None:
    """A bind to an address that is not there."""
    reason = case.error._reason
    if reason == "tentative":
        case.why = (
            f"{case.host} is not ready: the kernel still checks that nobody "
            "else on the link has it (tentative, duplicate address detection)"
        )
        case.try_ = "bind again in 2 s; `ip -6 address` shows when it is ready"
    elif reason == "scope":
        case.why = f"{case.host} is an address of another link of this machine"
        case.try_ = "give the scope id of the link that has the address"
    else:
        case.why = (
            f"no interface of this network namespace has the address "
            f"{case.host}"
        )
        case.try_ = "`ip address` lists the addresses"


def denied(case: Case) -> None:
    """A privileged port, or a security module."""
    port = case.error.address[1] if case.error.address else None
    reason = case.error._reason
    if reason == "privileged":
        case.why = (
            f"port {printable(port)} is privileged, and this program has no "
            "CAP_NET_BIND_SERVICE"
        )
        case.try_ = (
            "take a port from `sysctl net.ipv4.ip_unprivileged_port_start` "
            "on, or give the program that capability"
        )
    elif reason == "module":
        case.why = (
            "a security module or a cgroup's program of this machine forbids "
            f"the bind to port {printable(port)}"
        )
        case.try_ = (
            "look at the program's sandbox: Landlock, SELinux, AppArmor, a "
            "container's profile"
        )


def accept_timed_out(case: Case) -> None:
    """No connection within the listener's timeout."""
    elapsed, here = case.error.elapsed, case.error.local_address
    within = "in that time" if elapsed is None else f"in {duration(elapsed)}"
    where = "" if here is None else f" on {show_address(here)}"
    case.why = f"accept got no connection{where} {within}"
    takers = case.found.get("takers")
    if takers:
        shown = " and ".join(f"pid {pid}, {name}" for pid, name in takers[:3])
        more = len(takers) - 3
        rest = f" and {more:,} more" if more > 0 else ""
        case.facts.append(f"others accept there too: {shown}{rest}")
        case.try_ = "see whether one of those took the connections"


def accept_found_nothing(case: Case) -> None:
    """EAGAIN: nothing was waited for, unless the kernel keeps a timeout."""
    origin, waited = case.error.origin, case.error.elapsed
    if origin is None or origin.kind != "deadline" or waited is None:
        return
    case.why = (
        "SO_RCVTIMEO of this listener ran out: no connection came for "
        f"{duration(waited)}"
    )
    case.try_ = "a longer SO_RCVTIMEO, or settimeout in its place"


def no_descriptor(case: Case) -> None:
    """EMFILE or ENFILE."""
    queued = case.error.call == "accept"
    rest = "; the connection stays queued" if queued else ""
    number = case.error.errno
    if number == ENFILE:
        case.why = (
            f"the whole machine has no open file left (fs.file-max){rest}"
        )
        case.try_ = "`sysctl fs.file-max` is the limit, for all programs"
        files = case.found.get("files")
        if files is not None:
            opened, most = files
            case.facts.append(
                f"{opened:,} files of at most {most:,} are open now"
            )
    elif number == EMFILE and case.error._of_another:
        case.why = (
            f"another process had no descriptor left (RLIMIT_NOFILE){rest}"
        )
    elif number == EMFILE:
        case.why = f"this process has no descriptor left (RLIMIT_NOFILE){rest}"
        case.try_ = f"`ls -l /proc/{os.getpid()}/fd` lists what is open"
        found: Descriptors | None = case.found.get("descriptors")
        if found is not None:
            _count(case, found)


def _count(case: Case, found: Descriptors) -> None:
    case.facts.append(
        f"{found.opened:,} of {found.limit:,} descriptors are open now"
    )
    if found.left:
        case.facts.append(
            f"{found.left:,} of them are sockets in CLOSE_WAIT: the peer "
            "closed and this program did not"
        )
        case.try_ = "close a connection when recv() gives b''"
    else:
        case.facts.append(f"{found.sockets:,} of them are TCP sockets")


def _other(case: Case) -> None:
    number = case.error.errno
    said = os.strerror(number) if number else printable(case.error)
    case.why = f"{case.error.call or 'the call'} failed: {said}"


_HOLDERS = (("holders", holders.of_address),)

LOOKS = {
    "bind-in-use": _HOLDERS,
    "listen-in-use": _HOLDERS,
    "bind-no-port": (("ports", ports.at_address),),
    "accept-timeout": (("takers", sharing.takers),),
    "no-descriptor": (
        ("descriptors", descriptors.of_this_process),
        ("files", descriptors.of_the_machine),
    ),
}

TELLS = {
    "bind-in-use": in_use,
    "listen-in-use": in_use,
    "bind-no-port": no_port,
    "bind-no-address": no_address,
    "bind-denied": denied,
    "bind-other": _other,
    "accept-empty": accept_found_nothing,
    "accept-timeout": accept_timed_out,
    "accept-other": _other,
    "no-descriptor": no_descriptor,
    "other": _other,
}
