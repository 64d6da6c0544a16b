"""What is told of bind, listen and accept, and of limits that were met."""

from __future__ import annotations

import os
from errno import EMFILE, ENFILE

from pysock.errors import show_address
from pysock.errors.escape import printable
from pysock.explain.evidence import descriptors, holders, machine
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
        more = found.count - len(found.held)
        rest = f" and {more:,} more" if more > 0 else ""
        case.facts.append(f"held by {shown}{rest}")
        case.try_ = "stop what holds it, or take another port"
    if found.waiting:
        case.facts.append(
            f"{many(found.waiting, 'connection')} there in TIME_WAIT, the "
            f"last for another {duration(found.last_s or 0)}"
        )
        if not found.held:
            case.why = f"{where} is taken by connections in TIME_WAIT"
            case.try_ = (
                "set SO_REUSEADDR before bind, or wait "
                f"{duration(found.last_s or 0)}"
            )


def no_port(case: Case) -> None:
    """A bind to port 0 that found none."""
    case.why = f"no port is left to bind to at {case.host}"


def no_address(case: Case) -> None:
    """A bind to an address that is not there."""
    case.why = f"{case.host} is no address of this network namespace, now"


def denied(case: Case) -> None:
    """A privileged port, or a policy."""
    port = case.error.address[1] if case.error.address else None
    if not isinstance(port, int):
        return
    least = case.found.get("least")
    if least is not None and 0 < port < least:
        case.why = (
            f"port {port} is privileged: those below {least} need "
            "CAP_NET_BIND_SERVICE"
        )
        case.try_ = (
            f"take a port from {least} on, or give the program "
            "CAP_NET_BIND_SERVICE"
        )
    elif least is not None:
        case.why = (
            f"a policy forbids the bind to port {port}, which is not "
            "privileged"
        )
        case.try_ = (
            "look at the program's sandbox: Landlock, SELinux, AppArmor, or "
            "a cgroup's program"
        )


def accept_timed_out(case: Case) -> None:
    """No connection within the listener's timeout."""
    elapsed, here = case.error.elapsed, case.error.local_address
    within = "in that time" if elapsed is None else f"in {duration(elapsed)}"
    where = "" if here is None else f" on {show_address(here)}"
    case.why = f"accept got no connection{where} {within}"


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
    "bind-denied": (("least", machine.first_unprivileged),),
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
    "accept-timeout": accept_timed_out,
    "accept-other": _other,
    "no-descriptor": no_descriptor,
    "other": _other,
}
