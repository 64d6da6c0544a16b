"""What is told of a name that does not resolve."""

from __future__ import annotations

import socket

from pysock.explain.words import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case, Look

_INVALID = {
    socket.EAI_SERVICE: "the port's name is not in /etc/services",
    socket.EAI_FAMILY: "the host is not an address of the family asked for",
    socket.EAI_ADDRFAMILY: "the host is an address of another family",
    socket.EAI_BADFLAGS: "the flags make no sense",
    socket.EAI_SOCKTYPE: "the socket's type is none that the resolver knows",
}


def not_found(case: Case) -> None:
    """The resolver has no address."""
    if case.error.address:
        case.why = f"the name {_name(case)} has no address, the resolver says"
    else:
        # A bare number: of gethostbyname, or of getnameinfo.
        case.why = (
            "the resolver found nothing: no address for a name, or no name "
            "for an address"
        )


def no_answer(case: Case) -> None:
    """Nobody answered, or not usefully."""
    elapsed = case.error.elapsed
    if elapsed is None:
        case.why = (
            f"{_name(case)} could not be resolved now: a name server "
            "gave no answer, or none that is of use; it may well exist"
        )
    else:
        case.why = (
            f"no answer came from a name server in {duration(elapsed)}; "
            f"{_name(case)} may well exist"
        )


def server_failed(case: Case) -> None:
    """A name server failed."""
    case.why = (
        f"the name servers failed for {_name(case)}: one said so (SERVFAIL or "
        "REFUSED), or nobody serves names there; it may well exist"
    )


def invalid(case: Case) -> None:
    """A question that makes no sense."""
    said = _INVALID.get(case.error.errno or 0)
    if said is not None:
        case.why = said


def _name(case: Case) -> str:
    return f"'{case.host}'" if case.error.address else "what was asked for"


LOOKS: dict[str, tuple[Look, ...]] = {}

TELLS = {
    "name-not-found": not_found,
    "name-no-answer": no_answer,
    "name-server-failed": server_failed,
    "name-invalid": invalid,
}
