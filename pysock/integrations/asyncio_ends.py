"""Streams of asyncio that have ended: what a library makes of that.

The transport meets the end, in a callback that is in no frame of the task
that reads. So the reader is asked, by its transport.
"""

from __future__ import annotations

import sys
from asyncio.exceptions import IncompleteReadError
from asyncio.streams import StreamReader
from asyncio.transports import Transport

from pysock.dropin.end_of_stream import end_of
from pysock.explain.end_of_stream import caller, keep
from pysock.explain.ended_objects import known_of
from pysock.explain.notes import attach
from pysock.integrations import noting
from pysock.integrations.standing_for import standing_for
from pysock.integrations.wraps import Wraps, giving_a_coroutine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError
    from pysock.integrations.wraps import Method, Wrap

_wraps = Wraps("asyncio")


def wrap() -> None:
    """Wrap what tells of a stream's end in asyncio, once.

    What an interpreter has otherwise than 3.11 to 3.15 is left as it is, with
    one warning.
    """
    _wraps.place(_WRAPPED)


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()


def end_of_transport(transport: Any) -> SocketError | None:
    """How the connection under a transport has ended.

    Args:
        transport: whose socket is open, or known from when it was.

    Returns:
        what was read when its end was met, with the peer's address; `None`
        where nothing is known.
    """
    if transport is None:
        return None
    tls = transport.get_extra_info("ssl_object") is not None
    with standing_for(transport) as sock:
        failure = None if sock is None else end_of(sock, tls=tls)
    if failure is not None and failure.address is None:
        failure.address = transport.get_extra_info("peername")
    return failure


def _end_of_reader(reader: Any) -> SocketError | None:
    transport = reader._transport
    if isinstance(transport, Transport):
        return end_of_transport(transport)
    # Of uvloop, whose descriptor may be closed, and somebody's by now.
    return known_of(reader)


def _incomplete(method: Method) -> Method:
    """`IncompleteReadError()`: of a reader, which has made it."""

    def wrapper(self: Any, partial: Any, expected: Any) -> None:
        method(self, partial, expected)
        frame = sys._getframe(1)
        if noting.active and frame.f_code in _MAKERS:
            failure = _end_of_reader(frame.f_locals["self"])
            if failure is not None:
                attach(self, failure)
                # readline() catches it, and gives what there is.
                keep(failure, frame)
        del frame

    return wrapper


def _reading(method: Method) -> Method:
    """`read`: the end may have come before."""

    def wrapper(self: Any, n: Any = -1) -> Any:
        if self._eof and not self._buffer and n:
            keep_end(self, 1)
        return method(self, n)

    return giving_a_coroutine(wrapper)  # type: ignore[no-any-return]


def keep_end(reader: Any, depth: int) -> None:
    """Keep how a reader's stream has ended, under the frames that read.

    Args:
        reader: one of asyncio's, that is about to give nothing.
        depth: so many calls above the one that asks.
    """
    failure = _end_of_reader(reader) if noting.active else None
    if failure is not None:
        keep(failure, caller(depth + 1))


# Where a reader makes that exception.
_MAKERS = frozenset(
    {
        StreamReader.readexactly.__code__,
        StreamReader.readuntil.__code__,
    }
)

_WRAPPED: tuple[Wrap, ...] = (
    (
        IncompleteReadError,
        "__init__",
        "self partial expected",
        _incomplete,
    ),
    (StreamReader, "read", "self n", _reading),
)
