"""Numbers that C works with: not closed before C is done.

close(2) frees a descriptor's number, and the next file that is opened gets
it. C that was given a number and works without the GIL would then act on a
stranger's socket. So whoever gives C a number says so here, and our `close`
leaves such a number to the last who uses it. Nobody ever waits for that: it
is a matter of microseconds, and not a reason to hold a lock across a fork.
"""

from __future__ import annotations

import _socket
import os
from itertools import tee

from pysock.raw.calls import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_fileno = _socket.socket.fileno
_detach = _socket.socket.detach

# Who uses a number at the moment, and which. Nearly always empty.
in_use: dict[object, int] = {}
# Numbers without an owner, by themselves: let go of while they were in use.
ownerless: dict[int, int] = {}


def with_number(sock: Any, call: Callable[..., Any], *args: Any) -> Any:
    """Call C with a socket's number, which is the socket's until C is done.

    For what does not block: while it lasts, the number of a socket that
    another thread closes stays open.

    Args:
        sock: a socket of ours.
        call: takes the number, or -1 if the socket is closed.
        *args: behind the number.
    """
    user = object()
    fd = in_use[user] = _fileno(sock)
    try:
        # Closed before we said so? What is closed from now on is left to us.
        return call(fd if _fileno(sock) == fd else -1, *args)
    finally:
        in_use.pop(user, None)
        if ownerless:
            close_unused()


def let_go(sock: Any) -> None:
    """Take the number from a socket, and close it once nobody uses it."""
    # In one step: a signal's handler that raises behind it loses no number.
    number, again = tee(map(_detach, (sock,)))
    ownerless.update(zip(number, again, strict=True))
    ownerless.pop(-1, None)
    close_unused()


def close_unused() -> None:
    """Close what has no owner and no user any more."""
    for fd in list(ownerless):
        if fd in list(in_use.values()):
            continue
        try:
            # In one step, for the same reason.
            list(map(lib.pysock_close, map(ownerless.pop, (fd,))))
        except KeyError:
            continue  # another thread was quicker


# A child has none of the threads that were using something.
os.register_at_fork(after_in_child=in_use.clear)
