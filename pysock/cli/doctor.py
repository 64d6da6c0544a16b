"""`pysock doctor`: what is wrong on this machine, worst first."""

from __future__ import annotations

import sys

from pysock.cli.elsewhere import add_netns, no_namespace
from pysock.cli.findings import print_finding
from pysock.cli.numbers import PID, seconds
from pysock.cli.table import add_json_argument, print_json, print_sentence
from pysock.explain.finding import HARMLESS, SEVERITIES
from pysock.explain.machine import diagnose
from pysock.explain.machine.survey import take_survey
from pysock.explain.words import duration, many
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from pysock.explain.finding import Finding
    from pysock.explain.machine.survey import Survey

NAME = "doctor"
HELP = "say what is wrong on this machine, worst first"
NO = "something is wrong or doubtful"

_CANNOT_LOOK = 2
_SECONDS = 2.0


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock doctor`."""
    parser.add_argument(
        "--pid", metavar="PID", type=PID, help="only what concerns a process"
    )
    parser.add_argument(
        "--seconds",
        metavar="N",
        type=seconds(0.1, 3600),
        default=_SECONDS,
        help="watch the counters for so long (default: 2)",
    )
    add_netns(parser)
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Look; 1 if there is something wrong or doubtful, 0 if not."""
    problem = no_namespace(arguments.pid) or no_namespace(arguments.netns)
    if problem:
        return _refuse(problem)
    try:
        survey = take_survey(
            arguments.seconds, netns=arguments.netns, pid=arguments.pid
        )
    except OSError as error:
        return _refuse(str(error))
    found = diagnose(survey)
    if arguments.json:
        print_json(finding.as_dict() for finding in found)
    else:
        print_sentence(_summary(survey, found))
        for finding in found:
            print_finding(finding, severity=True)
    return int(any(finding.severity != HARMLESS for finding in found))


def _refuse(sentence: str) -> int:
    print(f"pysock doctor: {sentence}", file=sys.stderr)
    return _CANNOT_LOOK


def _summary(survey: Survey, found: list[Finding]) -> str:
    counts = [
        f"{count:,} {severity}"
        for severity in SEVERITIES
        if (count := sum(one.severity == severity for one in found))
    ]
    if all(one.severity == HARMLESS for one in found):
        counts.insert(0, "nothing wrong")
    listening = sum(1 for _ in survey.in_state(TcpState.LISTEN))
    return (
        f"{', '.join(counts)}: {many(len(survey.entries), 'socket')}, "
        f"{many(listening, 'listener')}, looked at for "
        f"{duration(survey.seconds)}"
    )
