"""why(): the explanation of any exception, whoever made it."""

from __future__ import annotations

import sys

from pysock.errors.handlers import from_handler
from pysock.explain.chain import details
from pysock.explain.end_of_stream import behind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.explain.explanation import Explanation


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
        that could be told from others. As from `SocketError.explain()`, a
        tuple with the same attributes and text where no descriptor is left.

    Looks at this machine for 50 ms of CPU at most. Raises nothing but what a
    signal's handler raises meanwhile.
    """
    if exception is None:
        exception = sys.exception()
        if exception is None:
            return None
    failure = (
        details(exception) or behind(exception) or _told_by(exception, address)
    )
    if failure is None:
        return None
    # The tuple has all that the class has: who annotates what comes from here
    # need not know of it.
    return failure.explain()  # type: ignore[return-value]


def _told_by(exception: BaseException, address: Any) -> SocketError | None:
    # Not before it is asked for; and without a descriptor not at all.
    try:
        from pysock.explain.plain import told_by
    except (ImportError, OSError) as problem:
        if from_handler(problem):
            raise
        return None
    return told_by(exception, address)
