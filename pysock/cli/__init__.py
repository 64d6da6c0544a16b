"""The command `pysock`: one module for each of its commands.

A command is a module here, named in `COMMANDS`, that has

    NAME                     the word on the command line
    HELP                     one line for the list of commands
    add_arguments(parser)    what may follow the word
    run(arguments) -> int    do it; the exit status

or, if what follows belongs to somebody else's program, `main(words) -> int`
in place of the last two. Nothing is imported but the command asked for:
`run` must not put its own imports into the program it starts.
"""

from __future__ import annotations

import importlib
import os
import sys

from pysock.errors import DiagError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence
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
    "errors",
    "bench",
    "tour",
    "run",
    "env",
)

# Exit statuses as a shell has them for a program that a signal ended.
CANNOT = 2
INTERRUPTED = 128 + 2
BROKEN_PIPE = 128 + 13


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of `pysock`.

    Args:
        argv: the words after `pysock`; `None` for those of this process.

    Returns:
        the exit status: 0 done, 1 the command's answer is "no", 2 bad usage,
        130 after Ctrl-C.

    Raises:
        SystemExit: from the argument parser (`--help`, bad usage), or from
            the program that `pysock run` ran, like anything else it raises.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if words and words[0] in COMMANDS:
        command = _load(words[0])
        if hasattr(command, "main"):
            return int(command.main(words[1:]))
        names: Sequence[str] = words[:1]
    else:
        names = COMMANDS
    if words[:1] == ["--version"]:
        import pysock

        print(f"pysock {pysock.__version__}")
        return 0
    arguments = _parser(names).parse_args(words)
    return _run(arguments.command, arguments)


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"pysock.cli.{name}")


def _parser(names: Sequence[str]) -> ArgumentParser:
    """Make the parser; only the commands named are imported."""
    from argparse import ArgumentParser

    parser = ArgumentParser(
        prog="pysock",
        description="TCP failures and TCP state, told in words.",
    )
    parser.add_argument(
        "--version", action="store_true", help="show the version and exit"
    )
    commands = parser.add_subparsers(
        metavar="COMMAND", required=True, title="commands"
    )
    for name in names:
        command = _load(name)
        below = commands.add_parser(
            command.NAME, help=command.HELP, description=command.HELP
        )
        below.set_defaults(command=command)
        if hasattr(command, "add_arguments"):
            command.add_arguments(below)
    return parser


def _run(command: ModuleType, arguments: Any) -> int:
    # What an output cannot encode is shown as an escape.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = int(command.run(arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `pysock errors | head`: the reader has seen enough. What is still
        # buffered must not fail once more when the interpreter ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return BROKEN_PIPE
    except DiagError as exc:
        # No such namespace or process, no right to look: not a bug of ours.
        print(f"pysock {command.NAME}: {exc}", file=sys.stderr)
        return CANNOT
    return status
