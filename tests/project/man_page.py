"""Write docs/pysock.1, the manual page, from the parser of the command.

PYTHONPATH=tests python -m project.man_page
"""

import argparse
import os
from pathlib import Path

from argparse_manpage.manpage import Manpage

from pysock.cli.parser import make_parser

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "pysock.1"

EXIT_STATUS = """\
.TP
0
done
.TP
1
the answer is "no", or something is wrong
.TP
2
bad usage, or it cannot look or print
.TP
130
Ctrl\\-C
.TP
141
the reader of its output has gone
.PP
That of \\fBpysock run\\fR is its program's."""

SEE_ALSO = """\
.BR ss (8),
.BR tcp (7),
.BR sock_diag (7)"""


ENVIRONMENT = """\
.TP
.B PYSOCK_NOTES
For \\fBpysock run\\fR: 0 leaves no notes on exceptions, \\(lqwhy\\(rq keeps
the first line and names no other process.
.TP
.B NO_COLOR
Tables without colour."""


def commands(parser):
    """The parser of each command, by its name."""
    [found] = [
        action
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return found


def prepared():
    """The parser, with what a manual page says in its own way left out."""
    parser = make_parser()
    parser.description = parser.description.rstrip(".")
    parser.epilog = None
    # The same words come again, as a description.
    for action in commands(parser)._choices_actions:
        action.help = None
    for command in commands(parser).choices.values():
        module = command.get_default("command")
        if hasattr(module, "NO"):
            command.description += f". Exit status 1: {module.NO}"
        own = getattr(module, "USAGE", None)
        if own is not None:
            usage, command.description = own.removeprefix("usage: ").split(
                "\n\n"
            )
            command.usage = " | ".join(
                line.strip() for line in usage.splitlines()
            )
    return parser


def page():
    """The manual page, in the language of troff."""
    # A usage on one line: troff breaks it where the terminal ends.
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100000"
    try:
        parser = prepared()
        manual = Manpage(
            parser,
            {"description": parser.description, "manual_title": "pysock"},
            format="single-commands-section",
        )
        # It would be another page each day.
        manual.date = ""
        manual.add_section("exit status", "=", EXIT_STATUS)
        manual.add_section("environment", "=", ENVIRONMENT)
        manual.add_section("see also", "=", SEE_ALSO)
        return str(manual)
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
