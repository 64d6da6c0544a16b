"""Findings for a reader: why, what was seen, what to do."""

from __future__ import annotations

from pysock.cli.table import print_fields
from pysock.explain.finding import DOUBTFUL, HARMLESS, WRONG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.finding import Finding


_STYLES = {WRONG: "bold red", DOUBTFUL: "yellow", HARMLESS: "dim"}


def print_explanation(explained: Any) -> None:
    """Print an explanation, what is told of a failure."""
    fields = [("why", explained.why)]
    fields += [("seen", fact) for fact in explained.seen]
    if explained.try_:
        fields.append(("try", explained.try_))
    fields.append(("code", explained.code))
    print_fields(fields)


def print_finding(finding: Finding, *, severity: bool = False) -> None:
    """Print one finding, below what is there.

    Args:
        finding: what was found.
        severity: whether its first word is how bad it is, instead of `why`.
    """
    first = finding.severity if severity else "why"
    style = _STYLES[finding.severity]
    fields = [(first, finding.why)]
    fields += [("seen", fact) for fact in finding.seen]
    if finding.try_:
        fields.append(("try", finding.try_))
    print()
    print_fields(fields, style)
