"""The command `pysock`: one module for each of its commands.

A command is a module here, named in `parser.COMMANDS`, that has

    NAME                     the word on the command line
    HELP                     one line for the list of commands
    add_arguments(parser)    what may follow the word
    run(arguments) -> int    do it; the exit status
    NO                       what status 1 says; none if it never is

or, if what follows belongs to somebody else's program, `main(words) -> int`
in place of the last two. Nothing is imported but the command asked for:
`run` must not put its own imports into the program it starts.
"""

from __future__ import annotations

import os
import sys
from errno import EDQUOT, EFBIG, EIO, ENOSPC

from pysock.cli.parser import (
    COMMANDS,
    load,
    make_parser,
    unknown_command,
    unknown_option,
)
from pysock.errors import DiagError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Exit statuses as a shell has them for a program that a signal ended.
CANNOT = 2
INTERRUPTED = 128 + 2
BROKEN_PIPE = 128 + 13

# What a write fails with where the output goes, whatever the command.
_NO_ROOM = frozenset({ENOSPC, EDQUOT, EFBIG, EIO})


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of `pysock`.

    Args:
        argv: the words after `pysock`; `None` for those of this process.

    Returns:
        the exit status: 0 done, 1 the command's answer is "no", 2 bad usage
        or no way to look, 130 after Ctrl-C, 141 when nobody reads.

    Raises:
        SystemExit: from the argument parser (`--help`, bad usage), or from
            the program that `pysock run` ran, like anything else it raises.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:1] in ([], ["help"]):
        words = [*words[1:2], "--help"]
    name = words[0]
    if name in COMMANDS:
        command = load(name)
        if hasattr(command, "main"):
            return int(command.main(words[1:]))
    elif not name.startswith("-"):
        return _refuse("pysock", unknown_command(name), "pysock help")
    return _guarded(name, lambda: _run(words))


def _run(words: list[str]) -> int:
    if words[0] == "--version":
        import pysock

        print(f"pysock {pysock.__version__}")
        return 0
    names = words[:1] if words[0] in COMMANDS else COMMANDS
    arguments, unknown = make_parser(names).parse_known_args(words)
    if unknown:
        title = f"pysock {arguments.command.NAME}"
        said = f"no argument {unknown[0]!r}"
        if unknown[0].startswith("-"):
            said = unknown_option(unknown[0], arguments.parser)
        return _refuse(title, said, f"{title} --help")
    return int(arguments.command.run(arguments))


def _refuse(title: str, said: str, way_out: str) -> int:
    print(f"{title}: {said} (see `{way_out}`)", file=sys.stderr)
    return CANNOT


def _guarded(name: str, call: Callable[[], int]) -> int:
    """Call it; what ends every command alike becomes an exit status."""
    if sys.stdout is None:
        # The shell closed it (`>&-`); a socket must not become number 1.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        sys.stdout = os.fdopen(nowhere, "w")
    # What an output cannot encode is shown as an escape.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            status = call()
        except SystemExit:
            # argparse has printed its help; a failure is to be told here.
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `pysock errors | head`: the reader has seen enough.
        _print_no_more()
        return BROKEN_PIPE
    except DiagError as exc:
        # No such namespace or process, no right to look: not a bug of ours.
        print(f"pysock {name}: {exc}", file=sys.stderr)
        return CANNOT
    except OSError as exc:
        if exc.errno not in _NO_ROOM:
            raise
        _print_no_more()
        print(f"pysock {name}: output: {exc.strerror}", file=sys.stderr)
        return CANNOT
    return status


def _print_no_more() -> None:
    """What is still buffered must not fail once more at the very end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
