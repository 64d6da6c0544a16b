"""`pysock obituaries`: each TCP socket as it dies, with what it did."""

from __future__ import annotations

import json
import sys
import time

from pysock import sock_diag
from pysock.cli.selecting import FAMILIES, add_netns, no_namespace
from pysock.cli.table import Table, add_json_argument, print_json
from pysock.errors import show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from typing import Any

    from pysock.sock_diag import Entry, Obituaries

NAME = "obituaries"
HELP = "tell of each TCP socket as it dies: bytes, losses, round trip"

_TITLES = (
    "time",
    "local",
    "remote",
    "sent",
    "received",
    "retrans",
    "rtt",
)
_WIDTHS = (12, 21, 21, 11, 11, 7)


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock obituaries`."""
    parser.add_argument(
        "--port",
        metavar="PORT",
        type=int,
        help="only those with this port, at either end",
    )
    parser.add_argument(
        "--family", choices=("4", "6"), help="IPv4 or IPv6 sockets only"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        help="stop after so many seconds (default: Ctrl-C stops it)",
    )
    parser.add_argument(
        "--count", metavar="N", type=int, help="stop after so many"
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help="print one JSON object on each line, as each dies",
    )
    add_netns(parser)
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Tell of them; 0 however many there were."""
    problem = no_namespace(arguments.netns)
    if problem:
        print(f"pysock obituaries: {problem}", file=sys.stderr)
        return 2
    with sock_diag.obituaries(
        arguments.timeout,
        family=FAMILIES[arguments.family],
        netns=arguments.netns,
    ) as deaths:
        try:
            _tell(_chosen(deaths, arguments), arguments)
        finally:
            if deaths.lost:
                print(
                    f"pysock obituaries: {deaths.lost:,} more died faster "
                    "than they could be read",
                    file=sys.stderr,
                )
    return 0


def _chosen(deaths: Obituaries, arguments: Namespace) -> Iterator[Entry]:
    told = 0
    port = arguments.port
    for entry in deaths:
        if port not in (None, entry.local_port, entry.remote_port):
            continue
        yield entry
        told += 1
        if told == arguments.count:
            return


def _tell(entries: Iterator[Entry], arguments: Namespace) -> None:
    if arguments.json:
        _tell_at_the_end(entries)
    elif arguments.jsonl:
        for entry in entries:
            print(json.dumps(_as_dict(entry)), flush=True)
    else:
        table = Table(_TITLES, _WIDTHS)
        for entry in entries:
            table.add(*_cells(entry))


def _tell_at_the_end(entries: Iterator[Entry]) -> None:
    """As one list of JSON; Ctrl-C is an end like another."""
    told: list[dict[str, Any]] = []
    try:
        for entry in entries:
            told.append(_as_dict(entry))
    except KeyboardInterrupt:
        print_json(told)
        sys.stdout.flush()
        raise
    print_json(told)


def _as_dict(entry: Entry) -> dict[str, Any]:
    return {"time": time.time(), **entry.as_dict()}


def _cells(entry: Entry) -> tuple[str, ...]:
    info = entry.tcp_info
    now = time.time()
    clock = time.strftime("%H:%M:%S", time.localtime(now))
    return (
        f"{clock}.{int(now * 1000) % 1000:03d}",
        show_address(entry.local),
        show_address(entry.remote) if entry.remote_port else "-",
        _bytes(info.bytes_sent if info is not None else None),
        _bytes(info.bytes_received if info is not None else None),
        str(info.total_retrans) if info is not None else "-",
        f"{info.rtt_us / 1000:.3f} ms" if info and info.rtt_us else "-",
    )


def _bytes(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
