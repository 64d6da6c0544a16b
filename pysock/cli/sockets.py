"""`pysock sockets`: the TCP sockets of a network namespace, as a table."""

from __future__ import annotations

import json
import sys

from pysock.cli.fitted import Column, Row, print_fitted
from pysock.cli.grouping import GROUPS, STYLES, columns, grouped, summary
from pysock.cli.reading import timer_in_words
from pysock.cli.selecting import (
    add_selection,
    is_usable,
    processes_in_words,
    select,
    with_processes,
)
from pysock.cli.slim import slim
from pysock.cli.table import add_json_argument, print_json, print_sentence
from pysock.cli.trouble import trouble
from pysock.errors import show_address
from pysock.explain.finding import SEVERITIES
from pysock.explain.words import size
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from typing import Any

    from pysock.sock_diag import Entry
    from pysock.sock_diag.processes import Process

NAME = "sockets"
HELP = "list TCP sockets: state, ends, queues, round trip, who holds them"

_BAD_USAGE = 2
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
        choices=tuple(_ORDERS),
        default="state",
        help="the order; numbers: the largest first (default: state)",
    )
    parser.add_argument(
        "--limit", metavar="N", type=_limit, help="the first N lines only"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="list those in TIME-WAIT too, and in JSON what is null",
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


def _limit(word: str) -> int:
    count = int(word)
    if count < 1:
        raise ValueError
    return count


_limit.__name__ = "number of lines"


def run(arguments: Namespace) -> int:
    """List them; 1 if there are none."""
    problem = is_usable(arguments)
    if problem:
        print(f"pysock sockets: {problem}", file=sys.stderr)
        return _BAD_USAGE
    as_json = arguments.json or arguments.jsonl
    entries = select(arguments, memory=True, congestion=as_json)
    entries.sort(key=_ORDERS[arguments.sort])
    held = {} if arguments.no_processes else with_processes(entries)
    if as_json:
        _print_json(entries, held, arguments)
    else:
        _print_table(entries, held, arguments)
    return 0 if entries else 1


def _print_json(
    entries: list[Entry],
    held: dict[int, tuple[Process, ...]],
    arguments: Namespace,
) -> None:
    # A program that reads this counts for itself: nothing is folded.
    if arguments.group_by:
        groups = grouped(entries, arguments.group_by, held)
        objects = [group.as_dict() for group in groups[: arguments.limit]]
    else:
        objects = [
            _as_dict(entry, held, arguments)
            for entry in entries[: arguments.limit]
        ]
    if arguments.jsonl:
        for one in objects:
            print(json.dumps(one))
    else:
        print_json(objects)


def _as_dict(
    entry: Entry,
    held: dict[int, tuple[Process, ...]],
    arguments: Namespace,
) -> dict[str, Any]:
    said = slim(entry.as_dict(), with_nulls=arguments.all)
    if not arguments.no_processes:
        processes = held.get(entry.inode, ())
        said["processes"] = [process._asdict() for process in processes]
    return said


def _print_table(
    entries: list[Entry],
    held: dict[int, tuple[Process, ...]],
    arguments: Namespace,
) -> None:
    if not entries:
        print("no such sockets")
        return
    listed = entries
    if not (arguments.all or arguments.state or arguments.group_by):
        listed = [e for e in entries if e.state is not TcpState.TIME_WAIT]
    print_sentence(summary(entries, len(entries) - len(listed)))
    if arguments.group_by:
        groups = grouped(entries, arguments.group_by, held)
        shown = groups[: arguments.limit]
        print_fitted(
            columns(arguments.group_by), [group.row() for group in shown]
        )
        left = len(groups) - len(shown)
    else:
        first = listed[: arguments.limit]
        if first:
            print_fitted(_COLUMNS, [_row(entry, held) for entry in first])
        left = len(listed) - len(first)
    if left:
        print(f"and {left:,} more")


def _row(entry: Entry, held: dict[int, tuple[Process, ...]]) -> Row:
    info = entry.tcp_info
    rtt = info.rtt_us if info is not None else None
    cwnd = info.snd_cwnd if info is not None else None
    lost = info.total_retrans if info is not None else None
    severity, words = trouble(entry)
    # A listener's queues are connections, and no bytes.
    amount: Callable[[int], str] = size
    if entry.state is TcpState.LISTEN:
        amount = "{:,}".format
    cells = (
        str(entry.state),
        show_address(entry.local),
        show_address(entry.remote) if entry.remote_port else "*",
        _short(amount(entry.recv_queue)),
        _short(amount(entry.send_queue)),
        timer_in_words(entry),
        f"{rtt / 1000:.3f} ms" if rtt is not None else "-",
        f"{cwnd:,}" if cwnd is not None else "-",
        f"{lost:,}" if lost is not None else "-",
        words or "-",
        processes_in_words(held.get(entry.inode, ())) or "-",
    )
    return Row(cells, STYLES[severity])


def _short(amount: str) -> str:
    """Bytes without their unit: most of the column is small numbers."""
    return amount.removesuffix(" bytes").removesuffix(" byte")


def _by_state(entry: Entry) -> tuple[Any, ...]:
    """Like `ss`: a listener first, then what lives, then what is ending."""
    return (
        entry.state is not TcpState.LISTEN,
        int(entry.state),
        entry.local_port,
        entry.local,
        entry.remote,
    )


def _by_trouble(entry: Entry) -> tuple[Any, ...]:
    severity, words = trouble(entry)
    worst = len(SEVERITIES) if severity is None else SEVERITIES.index(severity)
    return worst, not words, _by_state(entry)


def _by_field(name: str) -> Callable[[Entry], tuple[Any, ...]]:
    def key(entry: Entry) -> tuple[Any, ...]:
        value = getattr(entry.tcp_info, name, None)
        return value is None, -(value or 0), _by_state(entry)

    return key


_ORDERS: dict[str, Callable[[Entry], tuple[Any, ...]]] = {
    "state": _by_state,
    "trouble": _by_trouble,
    "local": lambda entry: (entry.local, entry.remote),
    "remote": lambda entry: (entry.remote, entry.local),
    "recv-q": lambda entry: (-entry.recv_queue, _by_state(entry)),
    "send-q": lambda entry: (-entry.send_queue, _by_state(entry)),
    "retrans": _by_field("total_retrans"),
    "rtt": _by_field("rtt_us"),
}
