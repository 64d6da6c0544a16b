"""`pysock connect`: connect as a program would, and say what happened."""

from __future__ import annotations

import time

from pysock.cli.attempt import Attempt
from pysock.cli.findings import print_explanation
from pysock.cli.numbers import count, seconds
from pysock.cli.reading import in_words
from pysock.cli.repeated import Summary
from pysock.cli.table import (
    Table,
    add_json_argument,
    print_fields,
    print_json,
    print_table,
)
from pysock.cli.target import add_target, resolve
from pysock.errors import show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from typing import Any

NAME = "connect"
HELP = "connect to a host and port; say what happened and what TCP saw"
NO = "no address answered, or one round of several failed"

_TITLES = ("address", "after", "round trip", "result")
# Times up to a minute.
_TIMES = (10, 10)
# Seconds from the end of one round to the start of the next.
_PAUSE = 0.2


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock connect`."""
    add_target(parser)
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds(0.001),
        default=10.0,
        help="seconds for each address (default: 10)",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help="shake hands; a URL such as https:// does so without",
    )
    parser.add_argument(
        "--repeat",
        metavar="N",
        type=count(),
        default=1,
        help="so many times, and a summary; Ctrl-C ends it early",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="with all that TCP_INFO says after the handshake",
    )
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Connect; 0 when an address answered, each time; 1 when none did."""
    started = time.monotonic()
    try:
        found = resolve(arguments.target, arguments.family)
    except OSError as error:
        unresolved = Attempt(None)
        unresolved.error = error
        unresolved.elapsed = time.monotonic() - started
        _show_unresolved(unresolved, arguments)
        return 1
    took = time.monotonic() - started
    if not arguments.json:
        _print_resolved(arguments.target.host, found, took)
    if arguments.repeat > 1:
        return _repeat(found, arguments)
    return _try_once(found, arguments)


def _try_once(found: list[Any], arguments: Namespace) -> int:
    """Try the addresses, each on its line as it ends; also at Ctrl-C."""
    table = None if arguments.json else _table(found)
    attempts: list[Attempt] = []
    try:
        for attempt in _attempts(found, arguments):
            attempts.append(attempt)
            if table is not None:
                table.add(*attempt.cells())
    finally:
        if arguments.json:
            print_json(attempt.as_dict() for attempt in attempts)
        else:
            for attempt in attempts:
                _print_story(attempt, arguments)
    return 0 if attempts[-1].error is None else 1


def _table(found: list[Any]) -> Table:
    """A table whose rows come one by one."""
    longest = max(len(show_address(address)) for *_, address in found)
    return Table(_TITLES, (longest, *_TIMES))


def _attempts(found: list[Any], arguments: Namespace) -> Iterator[Attempt]:
    """Try each address in turn until one answers, as create_connection.

    Raises:
        KeyboardInterrupt: Ctrl-C; after the attempt that it has ended.
    """
    target = arguments.target
    tls_host = target.host if arguments.tls or target.tls else None
    for family, _type, _proto, _name, address in found:
        attempt = Attempt(address)
        try:
            attempt.make(family, address, arguments.timeout, tls_host)
        except KeyboardInterrupt:
            yield attempt
            raise
        yield attempt
        if attempt.connected:
            return


def _print_resolved(host: str, found: list[Any], took: float) -> None:
    addresses = dict.fromkeys(address[0] for *_, address in found)
    if list(addresses) != [host]:
        print(
            f"{host} resolves to {', '.join(addresses)} in "
            f"{took * 1000:.1f} ms\n"
        )


def _show_unresolved(attempt: Attempt, arguments: Namespace) -> None:
    if arguments.json:
        print_json([attempt.as_dict()])
        return
    print_table(_TITLES, [attempt.cells()])
    _print_story(attempt, arguments)


def _print_story(attempt: Attempt, arguments: Namespace) -> None:
    explained = attempt.explanation
    if explained is not None:
        where = attempt.address
        print(f"\n{show_address(where)}" if where else "")
        print_explanation(explained)
    if attempt.tls is not None:
        print()
        print_fields(attempt.tls.fields())
    if not arguments.verbose or attempt.info is None or not attempt.connected:
        return
    print(
        f"\n{show_address(attempt.local_address)} is connected to "
        f"{show_address(attempt.address)}; TCP says:"
    )
    for group, fields in in_words(attempt.info):
        print()
        print_table((group, "", ""), fields)


def _repeat(found: list[Any], arguments: Namespace) -> int:
    """Connect again and again; what came until then counts at Ctrl-C."""
    table = None if arguments.json else _table(found)
    rounds: list[list[Attempt]] = []
    try:
        for number in range(arguments.repeat):
            if number:
                time.sleep(_PAUSE)
            attempts: list[Attempt] = []
            for attempt in _attempts(found, arguments):
                # Counted before it is shown: who has seen a row, and presses
                # Ctrl-C, finds it in the summary. An attempt that Ctrl-C has
                # ended is no round; the next step raises.
                if not attempt.interrupted:
                    attempts.append(attempt)
                    if len(attempts) == 1:
                        rounds.append(attempts)
                if table is not None:
                    table.add(*attempt.cells())
    except KeyboardInterrupt:
        if not rounds:
            raise
    summary = Summary([attempts[-1] for attempts in rounds])
    if arguments.json:
        tried: list[dict[str, Any]] = [
            {"round": number, **attempt.as_dict()}
            for number, attempts in enumerate(rounds, 1)
            for attempt in attempts
        ]
        print_json([*tried, {"summary": summary.as_dict()}])
    else:
        print()
        print_fields(summary.fields())
    good = all(attempts[-1].error is None for attempts in rounds)
    return 0 if good else 1
