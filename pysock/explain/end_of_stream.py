"""Ends of streams and cancelled waits, kept for the exceptions made of them.

`recv() == b""` raises nothing; what a library makes of it (RemoteDisconnected,
"Connection closed by server") holds no socket that still knows. A cancel scope
of trio or anyio swallows the cancellation, and raises an exception of its own.
What links the two is code: the frames that called the read, found again in the
traceback, the scope in the frame that raised, or the object that raised.
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import takewhile

from pysock.explain.ended_objects import anything_ended, under_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import CodeType, FrameType, TracebackType
    from typing import Any

    from pysock.errors import SocketError

    Stack = tuple[tuple[int, CodeType], ...]
    Scope = tuple[int, float]

# So many of each are kept; a pool's worth of stale connections.
_KEPT = 64
# So many callers of a read are looked at.
_DEEP = 64
# Flags of code, of `inspect`, a module that costs milliseconds: CO_GENERATOR
# and CO_ASYNC_GENERATOR, CO_COROUTINE.
_CO_GENERATORS, _CO_COROUTINE = 0x220, 0x80

_ends: deque[tuple[Stack, SocketError]] = deque(maxlen=_KEPT)
_waits: deque[tuple[frozenset[Scope], SocketError]] = deque(maxlen=_KEPT)

# A frame's number may be used again by a later call of the same function. So
# an exception must say itself that it is about an end, in a library's words.
_WORDS = (
    "closed",
    "disconnect",
    "eof",
    "end of file",
    "end of stream",
    "endofstream",
    "incomplete",
    "lost connection",
    "went away",
    "gone away",
    "network error",
    "not active",
    "no close frame",
    "unexpectedclose",
)
# Whose cancel scopes raise timeouts.
_SCOPES = ("trio", "anyio")


def keep(
    failure: SocketError,
    frame: FrameType | None,
    inner: TracebackType | None = None,
) -> None:
    """Keep what is known of an end, under the frames that read.

    Args:
        failure: what is known; not raised.
        frame: the caller of the read.
        inner: the traceback of what was raised below that caller.
    """
    _ends.append((_raised_in(inner) + _stack_of(frame), failure))


def keep_wait(failure: SocketError, scopes: Iterable[Any]) -> None:
    """Keep what a read, write or connect waited for when it was cancelled.

    Args:
        failure: what is known; not raised.
        scopes: the cancel scopes, of trio or anyio, that were cancelled.
    """
    keys = frozenset((id(scope), scope.deadline) for scope in scopes)
    if keys:
        _waits.append((keys, failure))


def behind(exception: BaseException) -> SocketError | None:
    """Find the end of a stream, or the wait, that an exception was made of.

    Args:
        exception: what a library raised.

    Returns:
        what was kept of the newest end that the raising function, with all
        its callers, had read, if something along the exception's chain speaks
        of an end, or of what ended under the object that raised; what was
        kept under the cancel scope that raised a timeout. `None` if there is
        neither.
    """
    if not _ends and not _waits and not anything_ended():
        return None
    # Every program loads this file, and few of them ask.
    from pysock.explain.chain import chain

    for link in chain(exception):
        found = _under_scope(link)
        if found is None and _speaks_of_an_end(link):
            found = _newest(_raised_in(link.__traceback__))
            found = found or under_object(link.__traceback__)
        if found is not None:
            return found
    return None


def forget() -> None:
    """Drop all that is kept."""
    _ends.clear()
    _waits.clear()


def caller(depth: int) -> FrameType | None:
    """The frame so many calls above the one that asks; `None` if none is."""
    try:
        return sys._getframe(depth + 1)
    except ValueError:
        return None


def _newest(raised: Stack) -> SocketError | None:
    for stack, failure in reversed(_ends):
        if raised and _is_part(raised, stack):
            return failure
    return None


def _under_scope(link: BaseException) -> SocketError | None:
    """What was kept under the cancel scope that has raised a timeout.

    It is in the frame that raised: a context manager of theirs. A scope's
    number may be used again, but not with the same deadline.
    """
    entry = link.__traceback__
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    if entry is None or not _waits:
        return None
    frame = entry.tb_frame
    name = str(frame.f_globals.get("__name__"))
    if name.partition(".")[0] not in _SCOPES:
        return None
    keys = set()
    for value in list(frame.f_locals.values()):
        # anyio's on trio has one of trio's in it.
        for scope in (value, getattr(value, "_CancelScope__original", None)):
            deadline = getattr(scope, "deadline", None)
            if isinstance(deadline, float):
                keys.add((id(scope), deadline))
    for scopes, failure in reversed(_waits):
        if keys & scopes:
            return failure
    return None


def _stack_of(frame: FrameType | None) -> Stack:
    """A frame and its callers, innermost first, by number and code."""
    found: list[tuple[int, CodeType]] = []
    while frame is not None and len(found) < _DEEP:
        found.append((id(frame), frame.f_code))
        frame = frame.f_back
    return tuple(found)


def _raised_in(traceback: TracebackType | None) -> Stack:
    """The frames of a traceback, innermost first."""
    found: list[tuple[int, CodeType]] = []
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
        if entry in stack or not entry[1].co_flags & _CO_GENERATORS
    ]
    callers, readers = _of_one_task(callers), _of_one_task(stack[start:])
    common = min(len(callers), len(readers))
    return callers[:common] == readers[:common]


def _of_one_task(frames: Sequence[Any]) -> list[Any]:
    """Frames without what is below their task: a loop, or who awaits it.

    All of them where there is no task.
    """
    for at, entry in enumerate(frames):
        if _is_coroutine(entry):
            return [*frames[:at], *takewhile(_is_coroutine, frames[at:])]
    return list(frames)


def _is_coroutine(entry: tuple[int, CodeType]) -> bool:
    return bool(entry[1].co_flags & _CO_COROUTINE)


def _speaks_of_an_end(link: BaseException) -> bool:
    try:
        said = f"{type(link).__name__} {link}".lower()
    except Exception:
        return False  # somebody's __str__
    return any(word in said for word in _WORDS)
