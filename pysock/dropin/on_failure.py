"""on_failure(): who wants to hear of every failure, as it is raised."""

from __future__ import annotations

from _thread import get_ident

from pysock.errors import (
    AcceptWouldBlockError,
    ConnectAlreadyError,
    ConnectInProgressError,
    TransferWouldBlockError,
)
from pysock.errors.handlers import from_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError

# No failures: a program that does not block lives by them.
_ORDINARY = (
    AcceptWouldBlockError,
    ConnectAlreadyError,
    ConnectInProgressError,
    TransferWouldBlockError,
)

# One entry a call of on_failure(), so that each can be stopped by itself. Each
# change is one step: no lock that a fork or a signal's handler could meet.
_entries: dict[object, Callable[[SocketError], object]] = {}
# The threads that are in a callback.
_busy: set[int] = set()


def on_failure(
    callback: Callable[[SocketError], object],
) -> Callable[[], None]:
    """Call a function with every failure of a socket, as it is raised.

    Of `pysock.socket` and pysock's functions, and after `install()` of every
    socket of the program: there it gets the typed exception that is behind
    the note. Not called for what would block, for a connect under way, for
    what `connect_ex` and `take_error` return, for a result of `connect_many`,
    for a cancellation in asyncio or trio, nor for `pysock.raw` and
    `pysock.sock_diag`. Each address that fails is a failure.

    Args:
        callback: called in the thread of the failure, before the exception
            is raised; `to_dict()` gives what can be kept. What it raises
            goes to `sys.unraisablehook`. Failures inside it are not reported.

    Returns:
        a function that stops it; calling that again does nothing.

    Raises:
        TypeError: it cannot be called.
    """
    if not callable(callback):
        raise TypeError(f"not callable: {callback!r}")
    entry = object()
    _entries[entry] = callback

    def stop() -> None:
        _entries.pop(entry, None)

    return stop


def report(error: SocketError) -> SocketError:
    """Call whoever wants to hear of a failure, which is about to be raised.

    Returns the exception. Raises nothing but what a signal's handler raises,
    and what is no `Exception`.
    """
    if not _entries or isinstance(error, _ORDINARY):
        return error
    thread = get_ident()
    if thread in _busy:
        return error
    _busy.add(thread)
    try:
        for callback in list(_entries.values()):
            try:
                callback(error)
            except Exception as problem:
                if from_handler(problem):
                    raise
                _unraisable(problem, callback)
    finally:
        _busy.discard(thread)
    return error


def unheard(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function whose failures are not reported, in this thread."""
    thread = get_ident()
    if thread in _busy:
        return function(*args)
    _busy.add(thread)
    try:
        return function(*args)
    finally:
        _busy.discard(thread)


class _Watched:
    """Something that a weak reference can be made to."""


class _Raising:
    """A callback of a weak reference, named as the user's own."""

    def __init__(self, problem: Exception, callback: Any) -> None:
        self._problem: Exception | None = problem
        self._callback = callback

    def __call__(self, _: object) -> None:
        problem, self._problem = self._problem, None
        try:
            if problem is not None:
                raise problem
        finally:
            del problem  # a cycle: its traceback has this frame

    def __repr__(self) -> str:
        return f"{self._callback!r}, given to pysock.on_failure"


def _unraisable(problem: Exception, callback: Any) -> None:
    """Hand an exception to `sys.unraisablehook`.

    Python has no call for it. What the callback of a weak reference raises
    goes there, on every interpreter.
    """
    from weakref import ref

    watched = _Watched()
    reference = ref(watched, _Raising(problem, callback))
    del watched
    del reference
