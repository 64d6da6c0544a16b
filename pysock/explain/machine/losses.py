"""Ways on which segments get lost."""

from __future__ import annotations

from pysock.explain.finding import DOUBTFUL, WRONG, Finding
from pysock.explain.machine.survey import host_of, top
from pysock.explain.machine.transfers import is_silent
from pysock.explain.words import duration, many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysock.explain.machine.survey import Survey
    from pysock.sock_diag.entry import Entry
    from pysock.tcp.info import TcpInfo

# Segments of data sent again, and their share, within the time looked at.
_FEW = 5
_NOTICEABLE, _BAD = 0.02, 0.10


class _Way:
    """What went to one host."""

    def __init__(self) -> None:
        self.sent = 0
        self.again = 0
        self.entries: list[Entry] = []


def findings(survey: Survey) -> Iterator[Finding]:
    """Look at what was sent again since the first look, host by host."""
    for host, way in _ways(survey).items():
        if way.again < _FEW or not way.sent:
            continue
        share = way.again / way.sent
        if share < _NOTICEABLE:
            continue
        yield Finding(
            WRONG if share >= _BAD else DOUBTFUL,
            "path-loses",
            f"the way to {host} loses packets: {share:.0%} of the segments "
            f"sent in {duration(survey.seconds)} were sent again "
            f"({way.again:,} of {way.sent:,}), on "
            f"{many(len(way.entries), 'connection')}",
            (f"held by {top(survey.who(e) for e in way.entries)}",),
            f"pysock watch --remote {host}; ping -f -c 200 {host}",
        )


def _ways(survey: Survey) -> dict[str, _Way]:
    ways: dict[str, _Way] = {}
    for entry in survey.entries:
        both = survey.both(entry)
        if both is None:
            continue
        # What the peer had twice (DSACK) was late, not lost.
        needless = _since(both, "dsack_dups")
        again = max(_since(both, "total_retrans") - needless, 0)
        sent = _since(both, "data_segs_out")
        # A dead peer is no lossy way, and has a finding of its own.
        if not (again or sent) or (again and is_silent(survey, entry)):
            continue
        way = ways.setdefault(host_of(entry.remote), _Way())
        way.sent += sent
        way.again += again
        if again:
            way.entries.append(entry)
    return {host: way for host, way in ways.items() if way.again}


def _since(both: tuple[TcpInfo, TcpInfo], name: str) -> int:
    now: int | None = getattr(both[0], name)
    then: int | None = getattr(both[1], name)
    if now is None or then is None:
        return 0
    return max(now - then, 0)
