"""From an exception to what is told of it: look, then tell.

Each code has what is to be looked up on this machine, and one function that
makes the sentences of that and of what the exception carries. Looking is one
step after another, under one budget of CPU; what a failure that happens again
and again needs is looked up once (`repeats.py`).
"""

from __future__ import annotations

import os

from pysock.errors import show_address
from pysock.errors.handlers import from_handler
from pysock.errors.told import lines_of
from pysock.explain import (
    connecting,
    diag,
    listening,
    naming,
    tls,
    transferring,
    unix,
    waiting,
)
from pysock.explain.budget import Budget
from pysock.explain.case import Case
from pysock.explain.evidence.place import not_here
from pysock.explain.repeats import REPEATS
from pysock.explain.words import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pysock.errors import SocketError
    from pysock.errors.told import Told
    from pysock.explain.case import Look

LOOKS: Mapping[str, tuple[Look, ...]] = {
    **connecting.LOOKS,
    **diag.LOOKS,
    **listening.LOOKS,
    **naming.LOOKS,
    **tls.LOOKS,
    **transferring.LOOKS,
    **waiting.LOOKS,
    **unix.LOOKS,
}
TELLS: Mapping[str, Callable[[Case], None]] = {
    **connecting.TELLS,
    **diag.TELLS,
    **listening.TELLS,
    **naming.TELLS,
    **tls.TELLS,
    **transferring.TELLS,
    **waiting.TELLS,
    **unix.TELLS,
}


def tell(error: SocketError, *, naming: bool = True) -> Told:
    """Explain an exception.

    Args:
        error: any exception of this package, also one from a pickle.
        naming: whether other processes may be named.

    Asking stops after 50 ms of CPU. Raises nothing but what a signal's
    handler raises meanwhile.
    """
    case = Case(error, naming=naming)
    earlier = REPEATS.recall(case)
    if earlier is not None:
        case.found, again = earlier
        case.budget = Budget(0)
        _say(case)
        case.facts.append(again)
        return case.told()
    looks = LOOKS.get(case.code, ())
    away = not_here(error) if looks else None
    if away is not None:
        case.facts.append(f"nothing was looked up: the failure was {away}")
    elif looks:
        REPEATS.looking(case, lambda: _look(case, looks))
    _say(case)
    if case.budget.cut:
        case.facts.append("not all was looked at: there was too much of it")
    return case.told()


def _look(case: Case, looks: tuple[Look, ...]) -> None:
    for subject, look in looks:
        if case.budget.spent():
            return
        try:
            found = look(case)
        except Exception as problem:
            if from_handler(problem):
                raise
            # Evidence that cannot be had is no evidence.
            continue
        if found is not None:
            case.found[subject] = found


def _say(case: Case) -> None:
    say = TELLS.get(case.code)
    if say is None:
        return
    why, try_ = case.why, case.try_
    try:
        say(case)
    except Exception as problem:
        if from_handler(problem):
            raise
        # Somebody has set what no failure carries: the catalogue's word.
        case.why, case.try_, case.facts = why, try_, []
        return
    _say_untried(case)
    resolved_in = case.error._resolved_in
    # An address is resolved in no time.
    if resolved_in is not None and resolved_in >= 0.001:
        case.facts.append(
            f"before that, resolving the name took {duration(resolved_in)}"
        )


# So many addresses that were not tried are named.
_NAMED = 4


def _say_untried(case: Case) -> None:
    """Name the addresses of a name for which there was no time."""
    untried = [
        show_address(address)
        for address in getattr(case.error, "untried", ())[:_NAMED]
    ]
    more = len(getattr(case.error, "untried", ())) - len(untried)
    if more:
        untried.append(f"{more:,} more")
    if untried:
        case.facts.append(f"no time was left to try {', '.join(untried)}")


def note_of(error: SocketError) -> str | None:
    """The explanation as a note, as the environment wants it.

    Returns:
        the lines, indented; with `PYSOCK_NOTES=why` the first one alone,
        with no other process named; with `PYSOCK_NOTES=0` `None`.
    """
    wanted = os.environ.get("PYSOCK_NOTES")
    if wanted == "0":
        return None
    lines = lines_of(tell(error, naming=wanted != "why"))
    if wanted == "why":
        lines = lines[:1]
    return "\n".join(f"  {line}" for line in lines)
