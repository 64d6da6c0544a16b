"""`pysock sockets`: the TCP sockets of a network namespace, as a table."""

from __future__ import annotations

import json
import sys

from pysock.cli.fitted import Column, print_fitted
from pysock.cli.grouping import (
    GROUPS,
    STYLES,
    WORDS,
    columns,
    grouped,
    summary,
)
from pysock.cli.numbers import count
from pysock.cli.orders import ORDERS
from pysock.cli.reading import amount, timer_in_words
from pysock.cli.selecting import (
    add_selection,
    is_usable,
    processes_in_words,
    select,
)
from pysock.cli.slim import slim
from pysock.cli.table import add_json_argument, print_json, print_sentence
from pysock.cli.trouble import troubles
from pysock.sock_diag.columns import Columns
from pysock.sock_diag.processes import owners
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable
    from typing import Any

    from pysock.cli.trouble import Trouble
    from pysock.sock_diag import Entry
    from pysock.sock_diag.processes import Process

NAME = "sockets"
HELP = "list TCP sockets: state, ends, queues, round trip, who holds them"
NO = "there is no such socket"

_BAD_USAGE = 2
_TIME_WAIT = int(TcpState.TIME_WAIT)
_SORTS = (
    "state", "trouble", "local", "remote", "recv-q", "send-q", "retrans",
    "rtt",
)  # fmt: skip
_COLUMNS = (
    Column("state", 2),
    Column("local", 1),
    Column("remote", 0),
    Column("recv-q", 6),
    Column("send-q", 5),
    Column("timer", 9),
    Column("rtt", 8),
    Column("cwnd", 10),
    Column("retrans", 7),
    Column("trouble", 3),
    Column("process", 4, 16),
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock sockets`."""
    add_selection(parser)
    parser.add_argument(
        "--group-by",
        choices=GROUPS,
        help="one line for each group of them, the largest first",
    )
    parser.add_argument(
        "--sort",
        choices=_SORTS,
        default="state",
        help="the order; numbers: the largest first (default: state)",
    )
    parser.add_argument(
        "--limit", metavar="N", type=count(), help="the first N lines only"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="list those in TIME-WAIT too; in JSON also what is null, and "
        "numbers that another field has in words",
    )
    parser.add_argument(
        "--no-processes",
        action="store_true",
        help="do not look for who holds them, which takes the most time",
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help="print one JSON object on each line",
    )
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """List them; 1 if there are none."""
    problem = is_usable(arguments)
    if problem:
        print(f"pysock sockets: {problem}", file=sys.stderr)
        return _BAD_USAGE
    as_json = arguments.json or arguments.jsonl
    entries = select(arguments, memory=True, congestion=as_json)
    entries.sort(key=ORDERS[arguments.sort])
    seen = Columns(entries)
    held = {}
    if not arguments.no_processes:
        held = owners(set(seen.inodes) - {0})
    if as_json:
        _print_json(seen, held, arguments)
    else:
        _print_table(seen, held, arguments)
    return 0 if entries else 1


def _print_json(
    seen: Columns, held: dict[int, tuple[Process, ...]], arguments: Namespace
) -> None:
    # A program that reads this counts for itself: nothing is folded.
    objects: Iterable[dict[str, Any]]
    if arguments.group_by:
        groups = grouped(seen, arguments.group_by, troubles(seen), held)
        objects = [group.as_dict() for group in groups[: arguments.limit]]
    else:
        objects = (
            _as_dict(entry, held, arguments)
            for entry in seen.entries[: arguments.limit]
        )
    if arguments.jsonl:
        encode = json.JSONEncoder().encode
        for one in objects:
            print(encode(one))
    else:
        print_json(objects)


def _as_dict(
    entry: Entry,
    held: dict[int, tuple[Process, ...]],
    arguments: Namespace,
) -> dict[str, Any]:
    said = slim(entry.as_dict(), whole=arguments.all)
    if not arguments.no_processes:
        processes = held.get(entry.inode, ())
        said["processes"] = [process._asdict() for process in processes]
    return said


def _print_table(
    seen: Columns, held: dict[int, tuple[Process, ...]], arguments: Namespace
) -> None:
    if not seen.entries:
        print("no such sockets")
        return
    said = troubles(seen)
    listed = list(range(len(said)))
    if not (arguments.all or arguments.state or arguments.group_by):
        listed = [at for at in listed if seen.states[at] != _TIME_WAIT]
    print_sentence(summary(seen.states, said, len(said) - len(listed)))
    if arguments.group_by:
        groups = grouped(seen, arguments.group_by, said, held)
        first = groups[: arguments.limit]
        print_fitted(
            columns(arguments.group_by),
            list(zip(*[group.row() for group in first], strict=True)),
            [group.style for group in first],
        )
        left = len(groups) - len(first)
    else:
        shown = listed[: arguments.limit]
        left = len(listed) - len(shown)
        if len(shown) < len(said):
            # What is not shown costs nothing from here on.
            seen = Columns([seen.entries[at] for at in shown])
            said = [said[at] for at in shown]
        if shown:
            _print_rows(seen, said, None if arguments.no_processes else held)
    if left:
        print(f"and {left:,} more")


def _print_rows(
    seen: Columns,
    said: list[Trouble],
    held: dict[int, tuple[Process, ...]] | None,
) -> None:
    cells: list[list[str]] = [
        [WORDS[state] for state in seen.states],
        seen.local(),
        seen.remote(),
        list(map(amount, seen.recv_queues, seen.states)),
        list(map(amount, seen.send_queues, seen.states)),
        [
            timer_in_words(entry) if timer else "-"
            for entry, timer in zip(seen.entries, seen.timers, strict=True)
        ],
        [
            "-" if rtt is None else f"{rtt / 1000:.3f} ms"
            for rtt in seen.rtt_us()
        ],
        _counts(seen.snd_cwnd()),
        _counts(seen.total_retrans()),
        [words or "-" for _, words in said],
    ]
    if held is not None:
        named = {inode: processes_in_words(who) for inode, who in held.items()}
        cells.append([named.get(inode, "-") for inode in seen.inodes])
    styles = [STYLES[severity] for severity, _ in said]
    print_fitted(_COLUMNS[: len(cells)], cells, styles)


def _counts(values: list[int | None]) -> list[str]:
    return ["-" if one is None else f"{one:,}" for one in values]
