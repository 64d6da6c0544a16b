"""`pysock errors`: the catalogue of failures, or the rows for a word."""

from __future__ import annotations

import errno
import os
import re
import sys

from pysock.cli.library_texts import codes_behind
from pysock.cli.table import (
    add_json_argument,
    print_fields,
    print_json,
    print_table,
)
from pysock.errors import CATALOGUE
from pysock.errors.escape import printable
from pysock.explain.errno_texts import says

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from pysock.errors import Cause, Failure

NAME = "errors"
HELP = "list every failure: what it means, which class, what to look at"

_BAD_USAGE = 2
# "[Errno 104]", "ConnectionResetError(104", "failed (111:", "error: 32".
_NUMBERED = r"(?:errno|error|failed)[ :=(]*(\d+)"
_TITLES = ("row", "errno", "class", "situation")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock errors`."""
    parser.add_argument(
        "which",
        nargs="*",
        metavar="CODE|NAME|NUMBER|ERRNO|TEXT",
        help="a code (peer-reset-idle), a class (ConnectError finds those "
        "below it too), a row's number (6a), an errno by name or number, or "
        "text from a log in the words of the kernel, of Python, of the "
        "resolver or of libraries (requests, aiohttp, redis ...); without "
        "it, all rows",
    )
    add_json_argument(parser)


def run(arguments: Namespace) -> int:
    """Print the rows; 2 if none matches."""
    text = " ".join(arguments.which)
    if not arguments.which:
        rows = list(CATALOGUE)
    else:
        rows = matching(text)
    if not rows:
        print(
            f"pysock errors: {printable(text)!r} is no code, class, row or "
            "errno of the catalogue, and none stands in it; `pysock errors` "
            "lists all.",
            file=sys.stderr,
        )
        return _BAD_USAGE
    if arguments.json:
        print_json(as_dict(row) for row in rows)
    elif not arguments.which:
        print_table(_TITLES, [_cells(row) for row in rows])
    else:
        _print_in_full(rows)
        _mention_errno(text, rows)
    return 0


def matching(text: str) -> list[Failure]:
    """Find the rows for a word, or for text that stands in a log.

    A number that is a row's is that row, even if it is an errno too: rows are
    what this command lists. Of a row that is found by a code only that cause
    is kept.
    """
    word = text.strip().lower()
    if not word:
        return []
    return (
        [row for row in CATALOGUE if row.number == word]
        or _with_code({word})
        or _with_errno({_errno_of(word)})
        or [row for row in CATALOGUE if word in _class_names(row)]
        or _in_text(word)
        or _with_code(codes_behind(word))
    )


def _in_text(text: str) -> list[Failure]:
    """Find the rows for a line of a log, the surest sign in it first."""
    words = set(re.findall(r"[a-z][a-z0-9-]+", text))
    numbers = {_errno_of(word) for word in words if word[0] == "e"}
    numbers |= {
        int(n) for n in re.findall(r"(?:errno|error)[ :=(]*(-?\d{1,9})", text)
    }
    said = {
        number
        for number in {n for row in CATALOGUE for n in row.errnos}
        if says(text, number)
    }
    names = [row for row in CATALOGUE if words & _own_names(row)]
    return (
        # Codes of one word, such as "timeout", are words of the language too.
        _with_code({word for word in words if "-" in word})
        or _with_errno(numbers | said)
        or names
        or _with_meaning(text)
    )


def _with_meaning(text: str) -> list[Failure]:
    """Find the rows in whose own text it stands."""
    if "timed out" in text:
        timeouts = [row for row in CATALOGUE if "TimeoutError" in row.also]
        # A handshake that timed out is a row of TLS, and none of these.
        known = _with_code(codes_behind(text))
        numbers = {row.number for row in timeouts}
        others = [row for row in known if row.number not in numbers]
        return others or timeouts
    return [
        row
        for row in CATALOGUE
        if text in row.situation.lower()
        or any(text in cause.meaning.lower() for cause in row.causes)
    ]


def _with_code(codes: set[str]) -> list[Failure]:
    """Find the rows with these codes, with those causes alone."""
    found = []
    for row in CATALOGUE:
        causes = tuple(c for c in row.causes if c.code in codes)
        if causes:
            found.append(row._replace(causes=causes))
    return found


def _with_errno(numbers: set[int | None]) -> list[Failure]:
    return [row for row in CATALOGUE if numbers & set(row.errnos)]


def _class_names(row: Failure) -> set[str]:
    """The row's class and what it inherits, builtins included."""
    return {
        base.__name__.lower()
        for base in row.error.__mro__
        if issubclass(base, Exception) and base is not Exception
    }


def _own_names(row: Failure) -> set[str]:
    """The class and the builtins that stand for it; not what is general."""
    general = {"ConnectionError", "OSError"}
    names = {row.error.__name__, *row.also} - general
    return {name.lower() for name in names}


def _errno_of(word: str) -> int | None:
    """The number for a number or a name; EOPNOTSUPP and ENOTSUP are one."""
    if word.isdecimal():
        # int() refuses what has thousands of digits.
        return int(word) if len(word) < 10 else None
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
        "causes": [cause._asdict() for cause in row.causes],
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
        }
        shown = [(name, text) for name, text in fields.items() if text]
        for cause in row.causes:
            shown += _shown(cause)
        print_fields(shown)


def _shown(cause: Cause) -> list[tuple[str, str]]:
    """A cause, the blanks of its advice named."""
    lines = [("code", cause.code), ("why", cause.meaning)]
    if cause.look is not None:
        blanks = {"host": "HOST", "port": "PORT", "address": "HOST:PORT"}
        lines.append(("try", cause.look.format(**blanks)))
    return lines


def _mention_errno(word: str, rows: list[Failure]) -> None:
    """Say so when a row's number is also an errno of other rows."""
    word = word.strip()
    name = errno.errorcode.get(int(word)) if word.isdecimal() else None
    if name is None or rows[0].number != word:
        return
    if any(row not in rows for row in matching(name)):
        print(f"\n{word} is also the errno {name}: `pysock errors {name}`")
