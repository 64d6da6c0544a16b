"""`pysock path`: how far a SYN gets, hop by hop, without privileges."""

from __future__ import annotations

import sys

from pysock.cli.findings import print_explanation, print_finding
from pysock.cli.numbers import count, seconds
from pysock.cli.table import Table, add_json_argument, print_json
from pysock.cli.target import add_target, resolve
from pysock.errors import SocketError, show_address
from pysock.explain.icmp_names import icmp_name
from pysock.explain.path import path_finding
from pysock.loops.path import PATIENCE, trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from pysock.loops.path import Hop

NAME = "path"
HELP = "follow a SYN to where it dies, hop by hop, without root"
NO = "the way is open to no address"

_TITLES = ("hop", "answer of", "after", "what it says")
_WIDTHS = (5, 15, 9)
# Of hops, and of connects for each of them.
_MOST = 64


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock path`."""
    add_target(parser)
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds(0.001),
        default=PATIENCE,
        help="seconds that a hop has to answer; the kernel sends a SYN again "
        f"after one (default: {PATIENCE})",
    )
    parser.add_argument(
        "--tries",
        metavar="N",
        type=count(_MOST),
        default=2,
        help="connects for each hop, each of which may take another way "
        "(default: 2)",
    )
    parser.add_argument(
        "--hops",
        metavar="N",
        type=count(_MOST),
        default=30,
        help="give up after so many (default: 30)",
    )
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Follow it; 0 when the way is open to one address, 1 when to none."""
    try:
        found = resolve(arguments.target, arguments.family)
    except OSError as error:
        print(f"pysock path: {error}", file=sys.stderr)
        return 1
    ways = [_Way(address, arguments) for address in _one_of_each_family(found)]
    for way in ways:
        way.follow(show=not arguments.json)
    if arguments.json:
        print_json(way.as_dict() for way in ways)
    return 0 if any(way.is_open for way in ways) else 1


def _one_of_each_family(found: list[Any]) -> list[tuple[Any, ...]]:
    """The first address of each: the others are mostly as far."""
    first: dict[int, tuple[Any, ...]] = {}
    for family, _type, _proto, _name, address in found:
        first.setdefault(family, address)
    return list(first.values())


class _Way:
    """The way to one address, shown as it is found out."""

    def __init__(self, address: tuple[Any, ...], arguments: Namespace) -> None:
        self.address = address
        self.hops: list[Hop] = []
        self.error: SocketError | None = None
        self._silent: list[str] = []
        self._arguments = arguments
        self._name = arguments.target.host

    def follow(self, *, show: bool) -> None:
        table = self._begin() if show else None
        try:
            for hop in trace(
                self.address,
                most=self._arguments.hops,
                tries=self._arguments.tries,
                timeout=self._arguments.timeout,
            ):
                self.hops.append(hop)
                if table is not None and hop.distance is not None:
                    self._show(table, hop)
        except SocketError as error:
            # This machine sends no SYN there.
            self.error = error
        if table is not None:
            self._show_silent(table)
            self._end()

    def _begin(self) -> Table:
        where = show_address(self.address)
        name = "" if self._name == self.address[0] else f" ({self._name})"
        print(f"{where}{name}")
        widths = (_WIDTHS[0], max(_WIDTHS[1], self._widest), _WIDTHS[2])
        return Table(_TITLES, widths)

    @property
    def _widest(self) -> int:
        """Characters for the address of a router of the same family."""
        return 26 if ":" in self.address[0] else 0

    def _show(self, table: Table, hop: Hop) -> None:
        """A line for each who answered; silent hops are one line."""
        if not hop.answers:
            self._silent.append(str(hop.distance))
            return
        self._show_silent(table)
        number = str(hop.distance)
        # Several tries that met the same are one line, with the best time.
        answers = sorted(hop.answers, key=lambda answer: -answer.elapsed)
        alike = {(answer.host, answer.kind): answer for answer in answers}
        for answer in alike.values():
            after = f"{answer.elapsed * 1000:.1f} ms"
            what = self._words(answer)
            table.add(number, answer.host or "not said", after, what)
            number = ""

    def _show_silent(self, table: Table) -> None:
        if self._silent:
            ends = dict.fromkeys((self._silent[0], self._silent[-1]))
            table.add("-".join(ends), "nobody", "", "")
            self._silent.clear()

    def _words(self, answer: Any) -> str:
        if answer.kind == "expired":
            return "a router on the way"
        if answer.kind != "icmp":
            return {"syn-ack": "SYN-ACK", "rst": "RST"}[str(answer.kind)]
        code = answer.icmp_type, answer.icmp_code
        name = icmp_name(*code, ipv6=":" in self.address[0])
        return f"{name or 'ICMP'} ({code[0]}/{code[1]})"

    def _end(self) -> None:
        if self.error is not None:
            print(f"this machine sends no SYN there: {self.error}")
            print_explanation(self.error.explain())
        else:
            print_finding(path_finding(self.address, self.hops))

    @property
    def is_open(self) -> bool:
        """Whether the target took the connection."""
        return any(
            answer.kind == "syn-ack"
            for hop in self.hops
            for answer in hop.answers
        )

    def as_dict(self) -> dict[str, Any]:
        error = self.error
        verdict = (
            path_finding(self.address, self.hops).as_dict()
            if error is None
            else None
        )
        return {
            "address": list(self.address),
            "open": self.is_open,
            "verdict": verdict,
            "error": None if error is None else error.to_dict(),
            "hops": [hop.as_dict() for hop in self.hops],
        }
