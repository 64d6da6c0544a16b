"""`pysock ps`: why a process hangs, by the calls that its threads wait in."""

from __future__ import annotations

import sys
import time
from collections import Counter
from errno import EACCES, EPERM

from pysock.cli.elsewhere import no_namespace
from pysock.cli.holding import Holding, Row, name_others
from pysock.cli.numbers import PID, seconds
from pysock.cli.stacks import best, stacks_of
from pysock.cli.table import (
    add_json_argument,
    print_json,
    print_sentence,
    print_table,
)
from pysock.explain.finding import HARMLESS
from pysock.explain.words import duration, many
from pysock.sock_diag.waiting import waits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from pysock.cli.stacks import Stacks
    from pysock.sock_diag.waiting import Wait

NAME = "ps"
HELP = "say why a process hangs: what its threads wait for on sockets"
NO = "no socket of it waits for anything, or troubles it"

_CANNOT_LOOK = 2
_TITLES = ("thread", "waits in", "on", "state", "for", "where and why")
# Sockets of one event loop, or of a process without a waiting thread.
_MOST = 12


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock ps`."""
    parser.add_argument("pid", metavar="PID", type=PID)
    parser.add_argument(
        "--wait",
        metavar="S",
        type=seconds(0.05, 60),
        default=0.3,
        help="seconds between two looks: a thread that has moved on does not "
        "hang (default: 0.3)",
    )
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Look twice and tell; 1 if no socket of it waits for anything."""
    pid = arguments.pid
    try:
        before, hidden = _threads(pid)
        holding = Holding(pid)
        time.sleep(arguments.wait)
        now, hidden = _threads(pid)
        holding.look_again()
    except OSError as error:
        # It may have ended between the two looks.
        return _refuse(no_namespace(pid) or str(error))
    same = _those_that_stay(before, now)
    stacks, problem = stacks_of(pid) if same else ({}, None)
    rows = [row for wait in same for row in _rows(wait, holding, stacks)]
    if not any(row.wait for row in rows):
        # The sockets alone: those that are in trouble.
        rows += holding.troubled()[:_MOST]
    name_others(rows)
    notes = [note for note in (hidden, holding.problem) if note]
    if arguments.json:
        for note in notes:
            print(f"pysock ps: {note}", file=sys.stderr)
        print_json(row.as_dict() for row in rows)
    else:
        _print(pid, now, rows, [*notes, problem] if problem else notes)
    return 0 if rows else 1


def _refuse(sentence: str) -> int:
    print(f"pysock ps: {sentence}", file=sys.stderr)
    return _CANNOT_LOOK


def _threads(pid: int) -> tuple[list[Wait], str | None]:
    """The threads, or why they cannot be seen."""
    try:
        return waits(pid), None
    except OSError as error:
        if error.errno not in (EPERM, EACCES):
            raise
        return [], "what its threads do is hidden: that takes root"


def _those_that_stay(before: list[Wait], now: list[Wait]) -> list[Wait]:
    """Threads in the same call on the same descriptors, both times."""
    earlier = {wait.thread: (wait.call, wait.fds) for wait in before}
    return [
        wait
        for wait in now
        if wait.fds and earlier.get(wait.thread) == (wait.call, wait.fds)
    ]


def _rows(wait: Wait, holding: Holding, stacks: Stacks) -> list[Row]:
    """What one thread waits for: of many sockets those in trouble."""
    frames = stacks.get(wait.thread, [])
    rows = [
        row
        for fd, way in wait.fds
        if (row := holding.row(fd, way)) is not None
    ]
    if not rows:
        return []
    # An event loop watches a pair of its own too, to be woken by.
    tcp = [row for row in rows if row.entry is not None] or rows[:1]
    shown = [row for row in tcp if row.severity != HARMLESS]
    if len(tcp) <= _MOST // 4:
        shown = tcp
    elif not shown:
        shown = tcp[:1]
    for row in shown[:_MOST]:
        row.wait, row.frames = wait, frames
        row.more = len(tcp) - 1
    return shown[:_MOST]


def _print(
    pid: int, now: list[Wait], rows: list[Row], notes: list[str]
) -> None:
    print_sentence(f"process {pid}: {_summary(now)}")
    for note in notes:
        print_sentence(f"({note})")
    print()
    if not rows:
        print_sentence(
            "no thread stays in a call on a socket, and no socket is in "
            "trouble"
        )
        return
    print_table(_TITLES, [_cells(row) for row in rows])


def _summary(now: list[Wait]) -> str:
    calls = Counter(wait.call or "runs" for wait in now)
    said = ", ".join(f"{count:,} {call}" for call, count in calls.items())
    return f"{many(len(now), 'thread')}: {said}" if now else "its sockets"


def _cells(row: Row) -> tuple[str, ...]:
    wait = row.wait
    asleep = wait.asleep if wait is not None else None
    frame = best(row.frames)
    at = "" if frame is None else f"{frame}: "
    more = f" and {row.more:,} more" if row.more else ""
    return (
        str(wait.thread) if wait is not None else "-",
        f"{wait.call} fd {row.fd}{more}"
        if wait is not None
        else f"- fd {row.fd}",
        row.where,
        row.state,
        duration(asleep) if asleep is not None else "-",
        f"{at}{row.why}{_timeout(wait)}",
    )


def _timeout(wait: Wait | None) -> str:
    """When the call gives up, where it is known that it does."""
    if wait is None or wait.timeout is None or wait.call != "poll":
        return ""
    return f" (its timeout is {duration(wait.timeout)})"
