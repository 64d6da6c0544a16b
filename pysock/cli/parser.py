"""The words of the command line: its commands, its parser, its guesses."""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Sequence
    from types import ModuleType
    from typing import Any

COMMANDS = (
    "connect",
    "path",
    "doctor",
    "ps",
    "sockets",
    "info",
    "watch",
    "obituaries",
    "exporter",
    "errors",
    "bench",
    "tour",
    "run",
    "env",
    "completion",
)

_NO = 'the answer is "no", or something is wrong'
_CANNOT = "bad usage, or it cannot look or print"


def load(name: str) -> ModuleType:
    """Import the module of a command."""
    return importlib.import_module(f"pysock.cli.{name}")


def _statuses(no: str | None) -> str:
    """What the exit statuses mean.

    Args:
        no: what 1 says; `None` if it never ends with that.
    """
    one = f" 1 {no};" if no else ""
    return (
        f"Exit status: 0 done;{one} 2 {_CANNOT}; 130 Ctrl-C; 141 the reader "
        "of its output has gone"
    )


def make_parser(names: Sequence[str] = COMMANDS) -> ArgumentParser:
    """Make the parser; only the commands named are imported."""
    import sys
    from argparse import ArgumentParser

    class Parser(ArgumentParser):
        """One whose help fails as any output does, not without a word."""

        def print_help(self, file: Any = None) -> None:
            (file or sys.stdout).write(self.format_help())

    parser = Parser(
        prog="pysock",
        description="TCP failures and TCP state, told in words.",
        epilog=f"`pysock help COMMAND` shows what one takes. {_statuses(_NO)}",
    )
    parser.add_argument(
        "--version", action="store_true", help="show the version and exit"
    )
    commands = parser.add_subparsers(
        metavar="COMMAND", required=True, title="commands"
    )
    for name in names:
        command = load(name)
        below = commands.add_parser(
            command.NAME,
            help=command.HELP,
            description=command.HELP,
            epilog=_statuses(getattr(command, "NO", None)),
        )
        below.set_defaults(command=command, parser=below)
        if hasattr(command, "add_arguments"):
            command.add_arguments(below)
    return parser


def unknown_option(word: str, parser: ArgumentParser) -> str:
    """One sentence about an option that a command does not have."""
    import re

    options = re.findall(r"--[a-z][a-z-]*", parser.format_help())
    return f"no option {word!r}" + _guess(word, options)


def unknown_command(word: str) -> str:
    """One sentence about a command that there is not."""
    return f"no command {word!r}" + _guess(word, COMMANDS)


def _guess(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
