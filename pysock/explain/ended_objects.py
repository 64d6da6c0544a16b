"""The stream that ended under the object whose method has raised.

A thread or a callback meets the end, and a method called later says so, in
frames that never read. But its object still has the socket, be it closed, or
the transport over it.
"""

from __future__ import annotations

import _socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from types import TracebackType
    from typing import Any

    from pysock.errors import SocketError

# So many frames, from the innermost, are looked at.
_DEEP = 16

_of: MutableMapping[Any, SocketError] | None = None


def keep_of(sock: Any, failure: SocketError) -> None:
    """Keep how the connection of a socket has ended first, while that lives.

    Args:
        sock: of the standard class; a reader of asyncio's, where its
            transport has none.
        failure: what is known; not raised.
    """
    global _of
    if _of is None:
        from weakref import WeakKeyDictionary

        _of = WeakKeyDictionary()
    try:
        _of.setdefault(sock, failure)
    except TypeError:
        return  # somebody's subclass, without a hash


def known_of(sock: Any) -> SocketError | None:
    """What `keep_of` kept of a socket; `None` if nothing."""
    if _of is None:
        return None
    try:
        return _of.get(sock)
    except TypeError:
        return None


def anything_ended() -> bool:
    """Whether anything is kept."""
    return bool(_of)


def under_object(traceback: TracebackType | None) -> SocketError | None:
    """Find what ended under the objects whose methods are in a traceback.

    Returns:
        what is known of the only stream of the innermost object that has one
        which ended; `None` if none has, or one has several.
    """
    if not _of:
        return None
    frames = []
    while traceback is not None:
        frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    for frame in reversed(frames[-_DEEP:]):
        owner = frame.f_locals.get("self")
        found = {
            id(failure): failure
            for value in _values(owner)
            if (failure := _ended(value)) is not None
        }
        if len(found) == 1:
            [failure] = found.values()
            return failure
        if found:
            return None
    return None


def _values(owner: Any) -> Iterator[Any]:
    """What an object holds, without a call of its code."""
    if owner is None:
        return
    try:
        names = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        names = {}
    yield from list(names.values())
    for kind in type(owner).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            member = vars(kind).get(name)
            if type(member) is _MEMBER:
                try:
                    yield member.__get__(owner)
                except AttributeError:
                    continue  # not set


_MEMBER = type(_socket.socket.family)


def _ended(value: Any) -> SocketError | None:
    # Not isinstance, which asks somebody's proxy what it stands for.
    kind = type(value)
    if issubclass(kind, _socket.socket):
        return known_of(value)
    transports = sys.modules.get("asyncio.transports")
    streams = sys.modules.get("asyncio.streams")
    if streams is not None and issubclass(
        kind, (streams.StreamReader, streams.StreamWriter)
    ):
        known = known_of(getattr(value, "_reader", value))
        if known is not None:
            return known
        value = value._transport
        kind = type(value)
    if transports is None or not issubclass(kind, transports.Transport):
        return None
    sock = getattr(value.get_extra_info("socket"), "_sock", None)
    return known_of(sock) if isinstance(sock, _socket.socket) else None
