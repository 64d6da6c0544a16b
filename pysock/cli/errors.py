"""`pysock errors`: the catalogue of failures, or the rows for a word."""

from __future__ import annotations

import errno
import os
import sys

from pysock.cli.table import (
    add_json_argument,
    print_fields,
    print_json,
    print_table,
)
from pysock.errors import CATALOGUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from pysock.errors import Failure

NAME = "errors"
HELP = "list every failure: what it means, which class, what to look at"

_BAD_USAGE = 2
_TITLES = ("row", "errno", "class", "situation")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock errors`."""
    parser.add_argument(
        "which",
        nargs="?",
        metavar="NAME|NUMBER|ERRNO",
        help="a class (ConnectError finds those below it too), a row's "
        "number (6a), an errno by name or number; without it, all rows",
    )
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Print the rows; 2 if none matches."""
    word = arguments.which
    rows = list(CATALOGUE) if word is None else matching(word)
    if not rows:
        print(
            f"pysock errors: {word!r} is no class, row or errno of the "
            "catalogue; `pysock errors` lists all.",
            file=sys.stderr,
        )
        return _BAD_USAGE
    if arguments.json:
        print_json(as_dict(row) for row in rows)
    elif word is None:
        print_table(_TITLES, [_cells(row) for row in rows])
    else:
        _print_in_full(rows)
        _mention_errno(word, rows)
    return 0


def matching(word: str) -> list[Failure]:
    """Find the rows for a word.

    A number that is a row's is that row, even if it is an errno too: rows are
    what this command lists.
    """
    word = word.lower()
    number = _errno_of(word)
    numbered = [row for row in CATALOGUE if row.number == word]
    return numbered or [
        row
        for row in CATALOGUE
        if word in _class_names(row) or number in row.errnos
    ]


def _class_names(row: Failure) -> set[str]:
    """The row's class and what it inherits, builtins included."""
    return {
        base.__name__.lower()
        for base in row.error.__mro__
        if issubclass(base, Exception) and base is not Exception
    }


def _errno_of(word: str) -> int | None:
    """The number for a number or a name; EOPNOTSUPP and ENOTSUP are one."""
    if word.isdecimal():
        return int(word)
    number = getattr(errno, word.upper(), None)
    return number if isinstance(number, int) else None


def as_dict(row: Failure) -> dict[str, Any]:
    """A row, ready for JSON."""
    return {
        "number": row.number,
        "situation": row.situation,
        "calls": list(row.calls),
        "errnos": list(row.errnos),
        "errno_names": list(row.errno_names),
        "class": row.error.__name__,
        "also": list(row.also),
        "origins": list(row.origins),
        "meaning": row.meaning,
        "look": row.look,
    }


def _cells(row: Failure) -> tuple[str, ...]:
    return (
        row.number,
        _short_errnos(row),
        row.error.__name__,
        row.situation,
    )


def _short_errnos(row: Failure) -> str:
    """The first errno; more would push the text off the screen."""
    names = row.errno_names
    if not names:
        return "-"
    return names[0] if len(names) == 1 else f"{names[0]} ..."


def _print_in_full(rows: list[Failure]) -> None:
    for place, row in enumerate(rows):
        if place:
            print()
        errnos = (
            f"{name} ({number}, {os.strerror(number)})"
            for name, number in zip(row.errno_names, row.errnos, strict=True)
        )
        fields = {
            "row": row.number,
            "situation": row.situation,
            "class": f"pysock.errors.{row.error.__name__}",
            "also a": ", ".join(row.also),
            "errno": ", ".join(errnos),
            "calls": ", ".join(row.calls),
            "origin": ", ".join(row.origins),
            "meaning": row.meaning,
            "look at": row.look,
        }
        print_fields((name, text) for name, text in fields.items() if text)


def _mention_errno(word: str, rows: list[Failure]) -> None:
    """Say so when a row's number is also an errno of other rows."""
    name = errno.errorcode.get(int(word)) if word.isdecimal() else None
    if name is None or rows[0].number != word:
        return
    if any(row not in rows for row in matching(name)):
        print(f"\n{word} is also the errno {name}: `pysock errors {name}`")
