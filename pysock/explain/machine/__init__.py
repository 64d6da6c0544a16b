"""What is wrong on this machine: findings from what the kernel shows.

    survey.py      what is read, and when
    listeners.py   full queues, slow programs, half-open handshakes
    connects.py    connects that fail, ports used up
    transfers.py   dead peers, programs that do not read
    losses.py      ways on which segments get lost
    leaks.py       CLOSE_WAIT, descriptors
    limits.py      memory, orphans, counters that move

Each has `findings(survey)`. A finding states what was seen and names its
numbers; what cannot be told from here is not told.
"""

from __future__ import annotations

from pysock.explain.finding import worst_first
from pysock.explain.machine import (
    connects,
    leaks,
    limits,
    listeners,
    losses,
    transfers,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.finding import Finding
    from pysock.explain.machine.survey import Survey

_SUBJECTS = (listeners, connects, transfers, losses, leaks, limits)


def diagnose(survey: Survey) -> list[Finding]:
    """Say what is wrong, worst first; an empty list if nothing is."""
    return worst_first(
        [
            finding
            for subject in _SUBJECTS
            for finding in subject.findings(survey)
        ]
    )
