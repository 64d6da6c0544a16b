"""`pysock completion`: what makes a shell complete the words of `pysock`."""

from __future__ import annotations

import sys

from pysock.cli.parser import make_parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "completion"
HELP = "print what makes a shell complete pysock's words: eval it"

_BAD_USAGE = 2


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock completion`."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(arguments: Namespace) -> int:
    """Print it; 2 without shtab."""
    try:
        import shtab
    except ImportError:
        print(
            "pysock completion: needs shtab: pip install 'pysock-tcp[cli]'",
            file=sys.stderr,
        )
        return _BAD_USAGE
    print(shtab.complete(make_parser(), arguments.shell))
    return 0
