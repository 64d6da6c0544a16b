"""What a signal's handler raised is the program's, and passes through."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal costs 1 ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any


def by_handler(exc: BaseException) -> bool:
    """Whether a signal's handler raised it, and not the C call in a `try`.

    C leaves no frame of its own. Hot paths have this line in them.
    """
    traceback = exc.__traceback__
    return traceback is not None and traceback.tb_next is not None


def from_handler(exc: BaseException) -> bool:
    """Whether an exception came out of a signal's handler.

    For who gathers evidence and lets no failure of that out: a handler runs
    between any two lines, and what it raises is not such a failure. Told by
    the code of the handlers that are installed now.
    """
    handlers = {
        _code(_signal.getsignal(number)) for number in range(1, _signal.NSIG)
    }
    traceback = exc.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code in handlers:
            return True
        traceback = traceback.tb_next
    return False


def _code(handler: Any) -> CodeType | None:
    """The code that a handler runs, through partial and `__call__`."""
    for _ in range(4):
        code: CodeType | None = getattr(handler, "__code__", None)
        if code is not None or not callable(handler):
            return code
        handler = getattr(handler, "func", type(handler).__call__)
    return None
