"""Which failures can be met in which phase of an exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial

from pysock import testing
from pysock.testing.address import Address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Failure:
    """One failure, ready to be brought about.

    Attributes:
        name: unique, and fit for the id of a test.
        begin: gives a context manager that gives the address.
    """

    def __init__(
        self,
        name: str,
        manager: Callable[..., AbstractContextManager[Address]],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.name = name
        self.begin = partial(manager, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<Failure {self.name}>"


# A client needs a timeout of its own for: full-queue, accepting-never,
# silent-after, half-answer, never-reading.
PHASES = {
    "connect": (
        Failure("refusing", testing.refusing),
        Failure("full-queue", testing.full_queue),
        Failure("unresolvable-name", testing.unresolvable_name),
    ),
    "limits": (Failure("out-of-descriptors", testing.out_of_descriptors),),
    "tls": (
        Failure("plain-text-on-tls", testing.plain_text_on_tls),
        Failure("tls-expired", testing.tls, expired=True),
        Failure("tls-wrong-name", testing.tls, wrong_name=True),
        Failure(
            "tls-reset-in-handshake", testing.tls, reset_in_handshake=True
        ),
    ),
    "request": (
        Failure("resetting-accept", testing.resetting, "accept"),
        Failure("resetting-request", testing.resetting, "request"),
        Failure("closing-accept", testing.closing, "accept"),
        Failure("closing-request", testing.closing, "request"),
        Failure("accepting-never", testing.accepting_never),
        Failure("silent-after", testing.silent_after),
    ),
    "answer": (
        Failure("resetting-body", testing.resetting, "body", 100),
        Failure("closing-body", testing.closing, "body", 100),
        Failure("half-answer", testing.half_answer),
    ),
    # With a request of megabytes.
    "write": (Failure("never-reading", testing.never_reading),),
    # With the second request on a connection.
    "reuse": (Failure("stale-keepalive", testing.stale_keepalive),),
}


def failures(phases: Iterable[str] = ()) -> list[Failure]:
    """Give the failures of some phases, or all.

    Args:
        phases: keys of `PHASES`; none for all.

    Raises:
        ValueError: there is no such phase.
    """
    chosen = tuple(phases) or tuple(PHASES)
    for phase in chosen:
        if phase not in PHASES:
            raise ValueError(
                f"no phase {phase!r}; there are {', '.join(PHASES)}"
            )
    return [failure for phase in chosen for failure in PHASES[phase]]
