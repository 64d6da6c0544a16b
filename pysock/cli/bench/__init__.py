"""`pysock bench`: pysock, the standard module, other libraries, and C.

The sides of a measurement take turns (`rounds`), each doing the same work.
The floor and the load are C (`native.c`), built when they are needed: without
a compiler there is no floor, and the load is Python. Loopback only, and every
run is bounded in count and time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pysock.cli.numbers import count
from pysock.cli.table import add_json_argument, print_fields, print_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "bench"
HELP = "measure pysock beside the standard module, its peers, and C"
NO = "the picture cannot be drawn"

SUBJECTS = ("accept", "connect", "data", "info", "diag")

_FAILED = 1


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock bench`."""
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=count(10_000),
        help="how often each side runs (default: as fits the subject)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="two small rounds: shows that it runs; the numbers mean nothing",
    )
    parser.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help="draw the table too (.png, .svg, .pdf; needs matplotlib)",
    )
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Measure, and print tables; 1 if the picture cannot be drawn."""
    # Not above: `pysock --help` imports this file, and these import asyncio.
    from pysock.cli.bench import plot, show, subjects
    from pysock.cli.bench.environment import environment

    where = environment()
    found = subjects.measure(
        arguments.subject, rounds=arguments.rounds, quick=arguments.quick
    )
    if arguments.json:
        print_json(
            show.as_dict(arguments.subject, title, measured, where)
            for title, measured in found
        )
    else:
        print_fields(where.items())
        for title, measured in found:
            print()
            show.print_measurement(title, measured)
        print(f"\n{show.LEGEND}")
    if arguments.plot is not None:
        try:
            plot.save(arguments.plot, found, where, quick=arguments.quick)
        except (plot.NoMatplotlibError, ValueError, OSError) as error:
            print(f"pysock bench: {error}", file=sys.stderr)
            return _FAILED
    return 0
