"""`pysock tour`: every failure of the catalogue, made by the kernel, shown.

The scenarios are in the modules beside this one, each a short function. What
cannot be made here is named, with the reason.
"""

from __future__ import annotations

import time

import pysock
from pysock.cli.table import Table, add_json_argument, print_json
from pysock.cli.tour import (
    connecting,
    life,
    listening,
    namespace,
    transferring,
)
from pysock.cli.tour.loopback import Loopback
from pysock.cli.tour.scenario import (
    SCENARIOS,
    CannotMakeError,
    Scenario,
    Seen,
    errno_name,
    not_made,
)
from pysock.errors import CATALOGUE, SocketError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from types import ModuleType
    from typing import Any

NAME = "tour"
HELP = "make every failure of TCP for real, and show what comes of it"
NO = "a failure was not as promised"

# Their import puts the scenarios into the list.
PARTS: tuple[ModuleType, ...] = (
    connecting, listening, transferring, namespace,
)  # fmt: skip

# Rows that no program can make at will.
NOT_MADE = {
    ("18", "AcceptNetworkError"): "Linux reports no such error for TCP; "
    "accept(2) names it for other protocols",
    ("19", "ResourceLimitError"): "would take the memory of the whole machine",
    ("34", "DiagError"): "takes a kernel without sock_diag",
    ("35", "TlsError"): "takes a server with a certificate",
    ("36", "BindError"): "is what no other row foresees",
    ("36", "AcceptError"): "is what no other row foresees",
    ("36", "TransferError"): "is what no other row foresees",
    ("36", "SocketError"): "is what no other row foresees",
}

_FAMILIES = {4: pysock.AF_INET, 6: pysock.AF_INET6, 0: pysock.AF_INET}
_TITLES = (
    "row",
    "IP",
    "errno",
    "class",
    "origin",
    "state",
    "how it is made, and what it means",
)
_WIDTHS = (3, 3, 13, 23, 8, 10)
_QUICK = "--quick was asked for, and this waits for a timer of the kernel"


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock tour`."""
    parser.add_argument(
        "--quick",
        action="store_true",
        help="leave out what waits for a timer of the kernel (a second each)",
    )
    parser.add_argument(
        "--life",
        action="store_true",
        help="no failures: the life of one connection, state by state",
    )
    add_json_argument(parser)


class Stop:
    """One stop of the tour: a scenario on one family, and what came of it.

    Attributes:
        family: 4, 6, or 0 where it does not matter.
        found: what was seen; `None` if it was left out.
        reason: why it was left out.
    """

    def __init__(self, scenario: Scenario, family: int) -> None:
        self.scenario = scenario
        self.family = family
        self.found: Seen | None = None
        self.reason: str = ""

    def make(self) -> None:
        """Make the failure."""
        try:
            with Loopback(_FAMILIES[self.family]) as place:
                self.found = self.scenario.make(place)
        except CannotMakeError as cannot:
            self.reason = str(cannot)
        except Exception as error:
            # One that falls over must not end the tour, nor pass unnoticed.
            self.found = not_made(error)

    @property
    def outcome(self) -> str:
        """`as promised`, `not as promised` or `left out`."""
        if self.found is None:
            return "left out"
        kept = self.scenario.is_kept(self.found)
        return "as promised" if kept else "not as promised"

    def cells(self) -> tuple[str, ...]:
        """The row of the table, without number and family."""
        scenario, found = self.scenario, self.found
        if found is None:
            return (
                scenario.errno_name or "-",
                scenario.kind.__name__,
                "-",
                "-",
                f"left out: {self.reason}",
            )
        error = found.error
        kind = type(error).__name__ if error is not None else "no error"
        origin = getattr(error, "origin", None)
        text = f"{scenario.situation} {_in_short(found)}"
        if self.outcome == "not as promised":
            text = f"NOT AS PROMISED ({self._promise()}): {text}"
        return (
            (errno_name(error) if error is not None else None) or "-",
            kind,
            origin.kind if origin is not None else "-",
            str(found.state) if found.state is not None else "-",
            text,
        )

    def _promise(self) -> str:
        scenario = self.scenario
        parts = (scenario.kind.__name__, scenario.errno_name, scenario.origin)
        return ", ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """The stop, ready for JSON."""
        scenario, found = self.scenario, self.found
        shown: dict[str, Any] = {
            "number": scenario.number,
            "family": self.family or None,
            "situation": scenario.situation,
            "outcome": self.outcome,
            "reason": self.reason or None,
            "promised": {
                "class": scenario.kind.__name__,
                "errno_name": scenario.errno_name,
                "origin": scenario.origin,
            },
            "error": None,
            "tcp_state": None,
            "explanation": None,
        }
        if found is not None:
            if isinstance(found.error, SocketError):
                shown["error"] = found.error.to_dict()
            if found.state is not None:
                shown["tcp_state"] = found.state.name
            shown["explanation"] = found.explanation
        return shown


def _in_short(found: Seen) -> str:
    """The sentence of an explanation that says what the failure means."""
    sentences: list[str] = found.explanation.split(". ")
    # Where it depends on the call, the sentences begin with its name.
    call = f"{getattr(found.error, 'call', None)}: "
    chosen = next((s for s in sentences if s.startswith(call)), sentences[0])
    return chosen.rstrip(".") + "."


def run(arguments: Namespace) -> int:
    """Take the tour; 0 if every failure was as the catalogue promises."""
    if arguments.life:
        return life.show(as_json=arguments.json)
    started = time.monotonic()
    has_ipv6 = _has_ipv6()
    table = None if arguments.json else Table(_TITLES, _WIDTHS)
    stops: list[Stop] = []
    for scenario in _in_order():
        made = [
            Stop(scenario, family)
            for family in scenario.families
            if family != 6 or has_ipv6
        ]
        for stop in made:
            if arguments.quick and scenario.is_slow:
                stop.reason = _QUICK
            else:
                stop.make()
        stops += made
        if table is not None:
            _print(table, made)
    if table is None:
        print_json([*(stop.as_dict() for stop in stops), *_not_made()])
    else:
        for (number, kind), reason in NOT_MADE.items():
            table.add(number, "", "", kind, "", "", f"left out: {reason}")
        if not arguments.quick:
            print("\nAnd what should happen, the life of a connection:\n")
            life.show(as_json=False)
        _print_sum(stops, has_ipv6, time.monotonic() - started)
    wrong = [stop for stop in stops if stop.outcome == "not as promised"]
    return 1 if wrong else 0


def _in_order() -> list[Scenario]:
    """The scenarios by row; of one row in the order of their files."""
    numbers = [row.number for row in CATALOGUE]
    return sorted(SCENARIOS, key=lambda one: numbers.index(one.number))


def _has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with pysock.socket(pysock.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def _print(table: Table, stops: list[Stop]) -> None:
    """Print the families as one row if they differ in nothing but the text."""
    rows: dict[tuple[str, ...], list[Stop]] = {}
    for stop in stops:
        key = stop.cells()[:-1]
        if stop.found is None:
            key = stop.cells()
        rows.setdefault(key, []).append(stop)
    for same in rows.values():
        families = "+".join(str(stop.family) for stop in same if stop.family)
        table.add(same[0].scenario.number, families, *same[0].cells())


def _not_made() -> list[dict[str, Any]]:
    """The rows that no scenario can make, in the form of the others."""
    return [
        {
            "number": row.number,
            "family": None,
            "situation": row.situation,
            "outcome": "left out",
            "reason": NOT_MADE[row.number, row.error.__name__],
            "promised": {
                "class": row.error.__name__,
                "errno_name": row.errno_names[0] if row.errnos else None,
                "origin": None,
            },
            "error": None,
            "tcp_state": None,
            "explanation": None,
        }
        for row in CATALOGUE
        if (row.number, row.error.__name__) in NOT_MADE
    ]


def _print_sum(stops: list[Stop], has_ipv6: bool, elapsed: float) -> None:
    outcomes = [stop.outcome for stop in stops]
    parts = [
        f"{outcomes.count('as promised')} failures made by the kernel and "
        "as promised"
    ]
    if wrong := outcomes.count("not as promised"):
        parts.append(f"{wrong} NOT as promised")
    left_out = outcomes.count("left out") + len(NOT_MADE)
    parts.append(f"{left_out} left out")
    print(f"\n{', '.join(parts)}; {elapsed:.1f} s.")
    if not has_ipv6:
        print("IPv6 left out: this machine has no ::1.")
