"""Keep SIGPIPE away from a call that cannot be told MSG_NOSIGNAL.

`os.sendfile` to a peer that is gone raises the signal; with its default
action that ends the process. The signal goes to the calling thread, so
blocking it there, and taking it back if it came, touches nobody else.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sigpipe_blocked() -> Iterator[None]:
    """Block SIGPIPE in this thread, unless the program ignores it anyway."""
    if signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN:
        yield
        return
    only = {signal.SIGPIPE}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, only)
    had_one = signal.SIGPIPE in signal.sigpending()
    try:
        yield
    finally:
        if not had_one:
            signal.sigtimedwait(only, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
