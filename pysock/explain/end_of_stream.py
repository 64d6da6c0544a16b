"""Reads that met the end of a stream, kept for the exceptions made of them.

`recv() == b""` raises nothing; what a library makes of it (RemoteDisconnected,
"Connection closed by server") holds no socket that still knows. What links
the two is code: the frames that called `recv`, found again in the traceback.
"""

from __future__ import annotations

import sys
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType

    from pysock.errors import SocketError

    Stack = tuple[tuple[int, CodeType], ...]

# So many ends are kept; a pool's worth of stale connections.
_KEPT = 64
# So many callers of a read are looked at.
_DEEP = 64
_CO_GENERATOR = 0x20  # inspect.CO_GENERATOR, without loading inspect

_ends: deque[tuple[Stack, SocketError]] = deque(maxlen=_KEPT)

# A frame's number may be used again by a later call of the same function. So
# an exception must say itself that it is about an end, in a library's words.
_WORDS = (
    "closed",
    "disconnect",
    "eof",
    "end of file",
    "end of stream",
    "incomplete",
    "lost connection",
    "went away",
    "gone away",
)


def keep(failure: SocketError, frame: FrameType | None) -> None:
    """Keep what is known of an end, under the frames that read.

    Args:
        failure: what is known; not raised.
        frame: the caller of the read.
    """
    _ends.append((_stack_of(frame), failure))


def behind(exception: BaseException) -> SocketError | None:
    """Find the end of a stream that an exception was made of.

    Args:
        exception: what a library raised.

    Returns:
        what was kept of the newest end that the raising function, with all
        its callers, had read; `None` if there is none, or if nothing along
        the exception's chain speaks of an end.
    """
    if not _ends:
        return None
    # Every program loads this file, and few of them ask.
    from pysock.explain.chain import chain

    for link in chain(exception):
        if not _speaks_of_an_end(link):
            continue
        raised = _raised_in(link)
        if not raised:
            continue
        for stack, failure in reversed(_ends):
            if _is_part(raised, stack):
                return failure
    return None


def forget() -> None:
    """Drop all that is kept."""
    _ends.clear()


def caller(depth: int) -> FrameType | None:
    """The frame so many calls above the one that asks; `None` if none is."""
    try:
        return sys._getframe(depth + 1)
    except ValueError:
        return None


def _stack_of(frame: FrameType | None) -> Stack:
    """A frame and its callers, innermost first, by number and code."""
    found: list[tuple[int, CodeType]] = []
    while frame is not None and len(found) < _DEEP:
        found.append((id(frame), frame.f_code))
        frame = frame.f_back
    return tuple(found)


def _raised_in(link: BaseException) -> Stack:
    """The frames of a traceback, innermost first."""
    found: list[tuple[int, CodeType]] = []
    traceback = link.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        entry = id(frame), frame.f_code
        # One that caught it and raised it again is there twice.
        if not found or found[-1] != entry:
            found.append(entry)
        traceback = traceback.tb_next
    return tuple(reversed(found))


def _is_part(raised: Stack, stack: Stack) -> bool:
    """Whether who raised had called the read, and its callers are the same."""
    try:
        start = stack.index(raised[0])
    except ValueError:
        return False
    # What a context manager written as a generator was thrown, it has in its
    # traceback, and called nothing.
    callers = [
        entry
        for entry in raised
        if entry in stack or not entry[1].co_flags & _CO_GENERATOR
    ]
    common = stack[start : start + len(callers)]
    return callers[: len(common)] == list(common)


def _speaks_of_an_end(link: BaseException) -> bool:
    try:
        said = f"{type(link).__name__} {link}".lower()
    except Exception:
        return False  # somebody's __str__
    return any(word in said for word in _WORDS)
