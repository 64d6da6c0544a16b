"""why(): the explanation of any exception, whoever made it."""

from __future__ import annotations

import sys

from pysock.explain.chain import details
from pysock.explain.end_of_stream import behind
from pysock.explain.explanation import Explanation, explain
from pysock.explain.plain import told_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def why(
    exception: BaseException | None = None, *, address: Any = None
) -> Explanation | None:
    """Explain any exception: what happened, what was seen, what to do.

    Args:
        exception: one of pysock's; one that the standard module raised while
            the noted face was installed; what a library made of either; or a
            plain `OSError`. `None` is the one that is being handled.
        address: what the failed call was about, `(host, port)`; for a plain
            `OSError`, which does not know.

    Returns:
        the explanation; `None` if there is no exception, or none of a socket
        that could be told from others.

    Looks at this machine for 50 ms of CPU at most. Raises nothing but what a
    signal's handler raises meanwhile.
    """
    if exception is None:
        exception = sys.exception()
        if exception is None:
            return None
    failure = (
        details(exception) or behind(exception) or told_by(exception, address)
    )
    return None if failure is None else explain(failure)
