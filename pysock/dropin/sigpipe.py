"""Keep SIGPIPE away from a call that cannot be told MSG_NOSIGNAL.

`os.sendfile` to a peer that is gone raises the signal; with its default
action that ends the process. The signal goes to the calling thread, so
blocking it there, and taking it back if it came, touches nobody else.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal costs 1 ms
from _signal import SIG_BLOCK, SIG_IGN, SIG_SETMASK, SIGPIPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_mask = _signal.pthread_sigmask
_pending = _signal.sigpending
_take = _signal.sigtimedwait

_ONLY = frozenset({SIGPIPE})


def without_sigpipe(call: Callable[..., Any], *args: Any) -> Any:
    """Call with SIGPIPE blocked in this thread, unless it is ignored anyway.

    The handler of a signal may raise behind each line, even behind the first
    `finally`: the mask is put back all the same.
    """
    if _signal.getsignal(SIGPIPE) == SIG_IGN:
        return call(*args)
    before = _mask(SIG_BLOCK, ())
    had_one = True  # until it is known, nothing is taken back
    try:
        _mask(SIG_BLOCK, _ONLY)
        had_one = SIGPIPE in _pending()
        return call(*args)
    finally:
        try:
            if not had_one:
                _take(_ONLY, 0)
        finally:
            # It does so first, and then lets handlers run.
            _mask(SIG_SETMASK, before)
