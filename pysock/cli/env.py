"""`pysock env`: what a shell sets so that Python programs are noted."""

from __future__ import annotations

import shlex

from pysock.integrations.children import FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

NAME = "env"
HELP = "print what makes a shell's Python programs say why: eval it"


def run(arguments: Namespace) -> int:
    """Print it.

    Args:
        arguments: none.

    Returns:
        0.
    """
    folder = shlex.quote(FOLDER)
    print(f'export PYTHONPATH={folder}"${{PYTHONPATH:+:$PYTHONPATH}}"')
    return 0
