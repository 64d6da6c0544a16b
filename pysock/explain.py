"""What an exception means, from what it carries. Made when somebody asks."""

from __future__ import annotations

import sys

from pysock.errors import CATALOGUE, SocketError, show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors import Failure


def explain(error: SocketError) -> str:
    return "TODO"
