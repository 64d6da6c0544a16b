"""The explanation of a failure, as `SocketError.explain()` gives it."""

from __future__ import annotations

from dataclasses import dataclass

from pysock.errors.told import as_dict, lines_of
from pysock.explain.telling import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, what was seen, and what to do.

    Every sentence rests on what the exception carries or this machine could
    still tell when it was asked; names that others chose are made safe to
    print. `str()` is the text, five short lines at most.

    Attributes:
        why: what happened, one sentence without a full stop.
        seen: the facts, each from evidence.
        try_: what to do, with names, addresses and ports filled in; `None`
            if there is nothing to do.
        code: the exception's `code`.
    """

    why: str
    seen: tuple[str, ...]
    try_: str | None
    code: str

    def as_dict(self) -> dict[str, Any]:
        """The parts by name, ready for JSON: why, seen, try, code."""
        return as_dict(self)

    def __str__(self) -> str:
        return "\n".join(lines_of(self))


def explain(error: SocketError) -> Explanation:
    """Explain an exception.

    Args:
        error: any exception of this package, also one from a pickle.

    Asking stops after 50 ms of CPU. Raises nothing but what a signal's
    handler raises meanwhile: an explanation that fails would hide what it
    explains.
    """
    return Explanation(*tell(error))
