"""What was found out about this machine, a process, or the way to another.

A sentence with its numbers, and what to do.
"""

from __future__ import annotations

from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Worst first.
WRONG, DOUBTFUL, HARMLESS = "wrong", "doubtful", "harmless"
SEVERITIES = (WRONG, DOUBTFUL, HARMLESS)


class Finding(Record):
    """What was found, in the form of an explanation.

    Attributes:
        severity: `"wrong"` (somebody suffers now), `"doubtful"` (it may be
            meant, and is worth a look) or `"harmless"` (good to know).
        code: a stable kebab-case name of it.
        why: one sentence.
        seen: facts, each from evidence.
        try_: what to do, with a command to paste; `None` for nothing.
    """

    severity: str
    code: str
    why: str
    seen: tuple[str, ...]
    try_: str | None

    def as_dict(self) -> dict[str, Any]:
        """The attributes by name, ready for JSON; `try_` is `try`."""
        values = self._asdict()
        values["seen"] = list(self.seen)
        values["try"] = values.pop("try_")
        return values


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Sort by severity; those that are equally bad stay in their order."""
    return sorted(
        findings, key=lambda finding: SEVERITIES.index(finding.severity)
    )
