"""`pysock sockets`: the TCP sockets of this network namespace, as a table."""

from __future__ import annotations

import json
import sys

from pysock.cli.reading import timer_in_words
from pysock.cli.selecting import (
    add_selection,
    is_usable,
    processes_in_words,
    select,
    with_processes,
)
from pysock.cli.table import add_json_argument, print_json, print_table
from pysock.errors import show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from pysock.sock_diag import Entry
    from pysock.sock_diag.processes import Process

NAME = "sockets"
HELP = "list TCP sockets: state, ends, queues, round trip, who holds them"

_BAD_USAGE = 2
_TITLES = (
    "state",
    "local",
    "remote",
    "recv-q",
    "send-q",
    "timer",
    "rtt",
    "cwnd",
    "retrans",
    "process",
)
# Like `ss`: a listener first, then what lives, then what is ending.
_LISTEN_FIRST = 10


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock sockets`."""
    add_selection(parser)
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
    entries = select(arguments, memory=as_json, congestion=as_json)
    entries.sort(key=_order)
    held = with_processes(entries)
    if arguments.jsonl:
        for entry in entries:
            print(json.dumps(_as_dict(entry, held)))
    elif arguments.json:
        print_json(_as_dict(entry, held) for entry in entries)
    else:
        print_table(_TITLES, [cells(entry, held) for entry in entries])
    return 0 if entries else 1


def _order(entry: Entry) -> tuple[object, ...]:
    state = entry.state
    return (
        state != _LISTEN_FIRST,
        int(state),
        entry.local_port,
        entry.local,
        entry.remote,
    )


def _as_dict(
    entry: Entry, held: dict[int, tuple[Process, ...]]
) -> dict[str, object]:
    processes = held.get(entry.inode, ())
    return entry.as_dict() | {
        "processes": [process._asdict() for process in processes]
    }


def cells(
    entry: Entry, held: dict[int, tuple[Process, ...]]
) -> tuple[str, ...]:
    """The row of a socket."""
    info = entry.tcp_info
    rtt = info.rtt_us if info is not None else None
    cwnd = info.snd_cwnd if info is not None else None
    lost = info.total_retrans if info is not None else None
    return (
        str(entry.state),
        show_address(entry.local),
        show_address(entry.remote) if entry.remote_port else "*",
        f"{entry.recv_queue:,}",
        f"{entry.send_queue:,}",
        timer_in_words(entry),
        f"{rtt / 1000:.3f} ms" if rtt is not None else "-",
        f"{cwnd:,}" if cwnd is not None else "-",
        f"{lost:,}" if lost is not None else "-",
        processes_in_words(held.get(entry.inode, ())) or "-",
    )
