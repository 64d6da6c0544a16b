"""What is told when sock_diag could not be asked at all."""

from __future__ import annotations

from errno import EACCES, ENOENT, EPERM, ESRCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case, Look


def not_asked(case: Case) -> None:
    """It got no further than the network namespace that was asked for."""
    if case.error.call != "netns":
        return
    number = case.error.errno
    if number in (ENOENT, ESRCH):
        case.why = "there is no such network namespace, or no such process"
        case.try_ = "`ip netns` lists those that have a name"
    elif number in (EACCES, EPERM):
        case.why = "this user may not look into that network namespace"
        case.try_ = "run it as root, or with CAP_SYS_ADMIN"
    else:
        case.why = "that network namespace could not be opened or entered"
        case.try_ = None


LOOKS: dict[str, tuple[Look, ...]] = {}

TELLS = {"diag-denied": not_asked, "diag-unavailable": not_asked}
