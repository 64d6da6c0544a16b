"""`pysock info`: one socket, every field that says something, in words."""

from __future__ import annotations

import sys
import time

from pysock import sock_diag
from pysock.cli.numbers import seconds
from pysock.cli.reading import in_words, timer_in_words
from pysock.cli.selecting import (
    add_selection,
    is_usable,
    namespace_of,
    processes_in_words,
    select,
    with_processes,
)
from pysock.cli.slim import add_all_argument, slim
from pysock.cli.table import (
    add_json_argument,
    print_fields,
    print_json,
    print_table,
)
from pysock.errors import show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from pysock.sock_diag import Entry
    from pysock.tcp.stall import Stall

NAME = "info"
HELP = "show one socket: every field, grouped, with what it means"
NO = "there is no such socket"

_BAD_USAGE = 2
# More than these in a list are not read by anybody.
_MOST_LISTED = 20

_MEMORY = {
    "rmem_alloc": "Received and not read, with the kernel's overhead.",
    "rcvbuf": "Limit of that (SO_RCVBUF).",
    "wmem_alloc": "Handed to the device.",
    "sndbuf": "Limit of what is to be sent (SO_SNDBUF).",
    "fwd_alloc": "Kept for later use.",
    "wmem_queued": "To be sent, or sent and not acknowledged.",
    "optmem": "Options, filters and control messages.",
    "backlog": "Came while the program was in a call on the socket.",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock info`."""
    add_selection(parser)
    parser.add_argument(
        "--wait",
        metavar="S",
        type=seconds(0, 3600),
        default=0.5,
        help="seconds between two readings, which tell whether and why it "
        "stands still (default: 0.5; 0: one reading)",
    )
    add_json_argument(parser)
    add_all_argument(parser)


def run(arguments: Namespace) -> int:
    """Show it; 1 if there is none, 2 if there are several."""
    problem = is_usable(arguments)
    if problem:
        return _refuse(problem, _BAD_USAGE)
    entries = select(arguments)
    if not entries:
        return _refuse("no such socket", 1)
    if len(entries) > 1:
        _list(entries)
        return _refuse(
            f"{len(entries):,} sockets fit; give both ends, or --state",
            _BAD_USAGE,
        )
    netns = namespace_of(arguments)
    first = _read_again(entries[0], netns)
    later = first
    if arguments.wait > 0 and first.tcp_info is not None:
        time.sleep(arguments.wait)
        later = _read_again(first, netns)
    stall = _stall(first, later)
    if arguments.json:
        print_json([slim(_as_dict(later, stall), whole=arguments.all)])
    else:
        _print(later, stall)
    return 0


def _refuse(sentence: str, status: int) -> int:
    print(f"pysock info: {sentence}", file=sys.stderr)
    return status


def _read_again(entry: Entry, netns: str | int | None) -> Entry:
    """Read it with all there is; the same reading if it is gone."""
    found = sock_diag.find(*entry.ends, entry.cookie, netns=netns)
    return entry if found is None else found


def _stall(first: Entry, later: Entry) -> Stall | None:
    if first.tcp_info is None or later.tcp_info is None or first is later:
        return None
    return later.tcp_info.stall(first.tcp_info)


def _list(entries: list[Entry]) -> None:
    rows = [
        (
            str(entry.state),
            show_address(entry.local),
            show_address(entry.remote) if entry.remote_port else "*",
        )
        for entry in entries[:_MOST_LISTED]
    ]
    print_table(("state", "local", "remote"), rows)
    if len(entries) > _MOST_LISTED:
        print(f"and {len(entries) - _MOST_LISTED:,} more")


def _as_dict(entry: Entry, stall: Stall | None) -> dict[str, Any]:
    processes = with_processes([entry]).get(entry.inode, ())
    return entry.as_dict() | {
        "processes": [process._asdict() for process in processes],
        "stall": stall._asdict() if stall is not None else None,
    }


def _print(entry: Entry, stall: Stall | None) -> None:
    processes = with_processes([entry]).get(entry.inode, ())
    remote = show_address(entry.remote) if entry.remote_port else "nobody"
    fields = {
        "state": f"{entry.state} ({entry.state.name})",
        "local": show_address(entry.local),
        "remote": remote,
        "held by": processes_in_words(processes) or _nobody(entry),
        "user": str(entry.uid) if entry.inode else "",
        "timer": "" if entry.timer is None else timer_in_words(entry),
        "cookie": str(entry.cookie),
        "inode": str(entry.inode) if entry.inode else "",
        "congestion": entry.congestion_control or "",
        "queues": _queues(entry),
        "now": stall.sentence if stall is not None else "",
    }
    print_fields((name, text) for name, text in fields.items() if text)
    if entry.tcp_info is not None:
        for group, rows in in_words(entry.tcp_info):
            print()
            print_table((group, "", ""), rows)
    if entry.memory is not None:
        rows = [
            (name, f"{value:,} bytes", _MEMORY[name])
            for name, value in entry.memory._asdict().items()
            if value and name in _MEMORY
        ]
        if entry.drops:
            rows.append(
                ("drops", f"{entry.drops:,}", "Segments thrown away here.")
            )
        print()
        print_table(("memory", "", ""), rows)


def _nobody(entry: Entry) -> str:
    if entry.inode:
        return "a process that this user may not look into"
    return "no process: the kernel finishes it, or it waits for accept"


def _queues(entry: Entry) -> str:
    if entry.tcp_info is not None and entry.tcp_info.is_listening:
        full = ", FULL" if entry.recv_queue > entry.send_queue else ""
        return (
            f"{entry.recv_queue:,} waiting for accept, with a limit of "
            f"{entry.send_queue:,}{full}"
        )
    return (
        f"{entry.recv_queue:,} bytes not read here, {entry.send_queue:,} "
        "bytes not acknowledged there"
    )
