"""`pysock obituaries`: each TCP socket as it dies, with what it did."""

from __future__ import annotations

import json
import sys
import time

from pysock import sock_diag
from pysock.cli.elsewhere import add_netns, no_namespace
from pysock.cli.fitted import Column, Stream
from pysock.cli.lives import Lives, how_it_ended
from pysock.cli.numbers import PORT, count, seconds
from pysock.cli.selecting import FAMILIES, processes_in_words
from pysock.cli.slim import add_all_argument, slim
from pysock.cli.table import add_json_argument, print_json
from pysock.errors import show_address
from pysock.explain.words import duration, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from typing import Any

    from pysock.sock_diag import Entry, Obituaries
    from pysock.sock_diag.processes import Process

NAME = "obituaries"
HELP = "tell of each TCP socket as it dies: how, how old, what it carried"

_COLUMNS = (
    Column("time", 4),
    Column("local", 1),
    Column("remote", 0),
    Column("lived", 3),
    Column("ended", 2),
    Column("sent", 6),
    Column("received", 7),
    Column("retrans", 8),
    Column("rtt", 9),
    Column("process", 5, 16),
)
_WIDTHS = (8, 21, 21, 10, 10, 8, 8, 7, 9, 24)
# What nobody planned.
_STYLES = {"cut off": "yellow", "not read": "yellow", "not acked": "red"}

_DESCRIPTION = f"""{HELP}. How: closed (its FIN was acknowledged); cut off (it
was not: a RST came, it was killed, or the peer fell silent); not read (closed
with data that nobody had read: the peer got a RST); not acked (with data that
the peer never acknowledged); not opened; "-" for what cannot be told. How old
and whose is known by a look at the table every second or so: "< 1.0 s" fell
between two looks, "> 9.0 s" was there before the first."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock obituaries`."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "--port",
        metavar="PORT",
        type=PORT,
        help="only those with this port, at either end",
    )
    parser.add_argument(
        "--family", choices=("4", "6"), help="IPv4 or IPv6 sockets only"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds(0),
        help="stop after so many seconds (default: Ctrl-C stops it)",
    )
    parser.add_argument(
        "--count", metavar="N", type=count(), help="stop after so many"
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help="print one JSON object on each line, as each dies",
    )
    add_netns(parser)
    add_json_argument(parser)
    add_all_argument(parser)


def run(arguments: Namespace) -> int:
    """Tell of them; 0 however many there were."""
    problem = no_namespace(arguments.netns)
    if problem:
        print(f"pysock obituaries: {problem}", file=sys.stderr)
        return 2
    family = FAMILIES[arguments.family]
    with sock_diag.obituaries(
        0, family=family, netns=arguments.netns
    ) as deaths:
        lives = Lives(family, arguments.netns)
        try:
            _tell(_chosen(deaths, lives, arguments), lives, arguments)
        finally:
            if deaths.lost:
                print(
                    f"pysock obituaries: {deaths.lost:,} more died faster "
                    "than they could be read",
                    file=sys.stderr,
                )
    return 0


def _chosen(
    deaths: Obituaries, lives: Lives, arguments: Namespace
) -> Iterator[Entry]:
    told = 0
    port = arguments.port
    for entry in _dying(deaths, lives, arguments.timeout):
        if port not in (None, entry.local_port, entry.remote_port):
            continue
        yield entry
        told += 1
        if told == arguments.count:
            return


def _dying(
    deaths: Obituaries, lives: Lives, seconds: float | None
) -> Iterator[Entry]:
    """Each as it dies, and a look at the living in between."""
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        lives.look()
        left = lives.due - time.monotonic()
        if end is not None:
            left = min(left, end - time.monotonic())
        deaths.timeout = max(left, 0)
        yield from deaths
        if end is not None and time.monotonic() >= end:
            return


def _tell(
    entries: Iterator[Entry], lives: Lives, arguments: Namespace
) -> None:
    if arguments.json or arguments.jsonl:
        objects = (_as_dict(entry, lives, arguments) for entry in entries)
        if arguments.json:
            _tell_at_the_end(objects)
        else:
            for one in objects:
                print(json.dumps(one), flush=True)
        return
    table = Stream(_COLUMNS, _WIDTHS)
    for entry in entries:
        ended = how_it_ended(entry, lives)
        table.add(_cells(entry, lives, ended), _STYLES.get(ended or "", ""))


def _tell_at_the_end(objects: Iterator[dict[str, Any]]) -> None:
    """As one list of JSON; Ctrl-C is an end like another."""
    told: list[dict[str, Any]] = []
    try:
        for one in objects:
            told.append(one)
    except KeyboardInterrupt:
        print_json(told)
        sys.stdout.flush()
        raise
    print_json(told)


def _as_dict(
    entry: Entry, lives: Lives, arguments: Namespace
) -> dict[str, Any]:
    least, most = lives.lasted(entry)
    said = {
        "time": time.time(),
        "ended": how_it_ended(entry, lives),
        "lived_at_least": round(least, 3),
        "lived_at_most": None if most is None else round(most, 3),
        **entry.as_dict(),
        "processes": [one._asdict() for one in lives.held_by(entry)],
        "accepted_by": [one._asdict() for one in lives.accepted_by(entry)],
    }
    return slim(said, whole=arguments.all)


def _cells(entry: Entry, lives: Lives, ended: str | None) -> tuple[str, ...]:
    info = entry.tcp_info
    return (
        time.strftime("%H:%M:%S"),
        show_address(entry.local),
        show_address(entry.remote) if entry.remote_port else "-",
        _span(*lives.lasted(entry)),
        ended or "-",
        _bytes(info.bytes_sent if info is not None else None),
        _bytes(info.bytes_received if info is not None else None),
        _count(info.total_retrans if info is not None else None),
        f"{info.rtt_us / 1000:.3f} ms" if info and info.rtt_us else "-",
        processes_in_words(lives.held_by(entry))
        or _listener(lives.accepted_by(entry))
        or "-",
    )


def _span(least: float, most: float | None) -> str:
    """How long: exactly, between two, at most or at least."""
    if most is None:
        return f"> {duration(least)}"
    if most - least <= max(most / 10, 0.001):
        return duration(most)
    if least < most / 10:
        return f"< {duration(most)}"
    return f"{least:.1f}-{most:.1f} s"


def _listener(processes: tuple[Process, ...]) -> str:
    """Who accepted it, if nobody was seen to have it."""
    return ", ".join(f"{one.name}/{one.pid}" for one in processes)


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _bytes(count: int | None) -> str:
    return "-" if count is None else size(count).removesuffix(" bytes")
