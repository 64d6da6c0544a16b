"""What is told of a UNIX socket that could not be connected to."""

from __future__ import annotations

import shlex

from pysock.errors.escape import printable
from pysock.explain.evidence import unix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case

_LONGEST = 108  # sizeof(sun_path)


def not_there(case: Case) -> None:
    """No such file."""
    path = _path(case)
    case.why = (
        f"there is no {path}: its service does not run, or has it elsewhere"
    )
    missing = case.found.get("missing")
    if missing is not None:
        case.facts.append(
            f"{printable(missing)} is the first part that is missing"
        )
    case.try_ = "start the service, or correct the path"


def refused(case: Case) -> None:
    """Nobody listens, or it is no socket."""
    path = _path(case)
    if case.error._reason == "no-socket":
        case.why = f"{path} is a file, and no socket"
        case.try_ = "correct the path"
        return
    case.why = f"nobody listens on {path}"
    if case.found.get("listeners"):
        case.facts.append("somebody listens there now")
        case.try_ = "connect again"
    elif not _is_abstract(case):
        case.facts.append(
            "the file is there: a service leaves it when it ends"
        )
        case.try_ = "start the service"


def queue_full(case: Case) -> None:
    """The backlog is used up."""
    case.why = (
        f"the queue of {_path(case)} is full: its service does not accept as "
        "fast as others connect"
    )
    names = case.found.get("listeners")
    if names and case.naming:
        shown = " and ".join(
            f"pid {pid}, {name}" for pid, name in names if pid is not None
        )
        if shown:
            case.facts.append(f"the service is {shown}")
    case.try_ = (
        "try again shortly (a socket with a timeout does not wait here); else "
        "raise the service's backlog and net.core.somaxconn"
    )


def denied(case: Case) -> None:
    """Permissions of the file, or of a directory above it."""
    case.why = f"this user has no permission to connect to {_path(case)}"
    shown = _command(case)
    case.try_ = (
        None
        if shown is None
        else f"`namei -l {shown}` shows the permissions all the way"
    )


def wrong_type(case: Case) -> None:
    """Stream, datagram or seqpacket."""
    case.why = (
        f"{_path(case)} is a UNIX socket of another type (stream, datagram or "
        "seqpacket) than this one"
    )


def _path(case: Case) -> str:
    path: Any = case.error.address
    if not isinstance(path, str):
        return "the UNIX socket"
    # As ss and netstat write a name of the abstract namespace.
    return printable(f"@{path[1:]}" if path.startswith("\0") else path)


def _is_abstract(case: Case) -> bool:
    return str(case.error.address).startswith("\0")


def _command(case: Case) -> str | None:
    """The path as a shell takes it; `None` if it is not plain."""
    path: Any = case.error.address
    if not isinstance(path, str) or not path.isprintable():
        return None
    return shlex.quote(path) if len(path) <= _LONGEST else None


LOOKS = {
    "unix-not-there": (("missing", unix.first_missing),),
    "unix-refused": (("listeners", unix.listeners),),
    "unix-queue-full": (("listeners", unix.listeners),),
}

TELLS = {
    "unix-not-there": not_there,
    "unix-refused": refused,
    "unix-queue-full": queue_full,
    "unix-denied": denied,
    "unix-wrong-type": wrong_type,
}
