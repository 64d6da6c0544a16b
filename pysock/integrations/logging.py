"""One event for each failure, for `logging` and for what takes dicts.

A program whose peer is down fails a thousand times a second, and says the
same each time: so there is one event in a while for each code and peer, and
it says how many were left out.
"""

from __future__ import annotations

import logging
from _thread import allocate_lock
from time import monotonic

from pysock.dropin.on_failure import on_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError

# Codes and peers that are remembered. Beyond, the one that was heard of
# longest ago is forgotten: its next failure is an event.
_MOST_KNOWN = 1_000


def failure_events(
    callback: Callable[[dict[str, Any]], object], *, every: float = 60.0
) -> Callable[[], None]:
    """Call a function with an event for each failure; see `pysock.on_failure`.

    An event is `SocketError.to_dict()`, ready for JSON, and `left_out`: how
    many failures of this code and peer there were since their last event.

    Args:
        callback: called in the thread of the failure. What it raises goes to
            `sys.unraisablehook`.
        every: seconds in which a code has one event for each peer; 0: no
            failure is left out. A peer is a host, and of a connect its port.

    Returns:
        a function that stops it.

    Raises:
        TypeError: it cannot be called.
        ValueError: `every` is negative.
    """
    if not callable(callback):
        raise TypeError(f"not callable: {callback!r}")
    limit = _Limit(every)

    def tell(error: SocketError) -> None:
        left_out = limit.admit(error)
        if left_out is not None:
            callback(error.to_dict() | {"left_out": left_out})

    return on_failure(tell)


def log_failures(
    logger: logging.Logger | None = None,
    *,
    level: int = logging.WARNING,
    every: float = 60.0,
) -> Callable[[], None]:
    """Log the failures, each as a record whose `pysock` is the event.

    Args:
        logger: where to; the logger `pysock` if not given.
        level: of the records, as `logging` has them.
        every: as in `failure_events`.

    Returns:
        a function that stops it.

    Raises:
        ValueError: `every` is negative.
    """
    target = logging.getLogger("pysock") if logger is None else logger

    def log(event: dict[str, Any]) -> None:
        left_out = event["left_out"]
        target.log(
            level,
            "%s [%s]%s",
            event["message"],
            event["code"],
            f" ({left_out:,} more before it)" if left_out else "",
            extra={"pysock": event},
        )

    return failure_events(log, every=every)


class _Limit:
    """Who may tell of a failure, for all threads."""

    def __init__(self, every: float) -> None:
        if not every >= 0:
            raise ValueError(f"seconds are not negative: {every!r}")
        self._every = every
        # By code and peer: when the last event was, and how many since.
        self._known: dict[tuple[Any, ...], list[Any]] = {}
        self._lock = allocate_lock()

    def admit(self, error: SocketError) -> int | None:
        """Say how many were left out before, or `None` for one more."""
        key, now = (error.code, *_peer(error)), monotonic()
        with self._lock:
            # What is heard of moves to the end.
            last = self._known.pop(key, None)
            if last is not None and now - last[0] < self._every:
                last[1] += 1
                self._known[key] = last
                return None
            self._known[key] = [now, 0]
            if len(self._known) > _MOST_KNOWN:
                del self._known[next(iter(self._known))]
        return 0 if last is None else int(last[1])


def _peer(error: SocketError) -> tuple[Any, ...]:
    """Whom a failure is about, so that the next one is about the same.

    Who has connected to this program has another port each time.
    """
    address = error.address
    if not isinstance(address, tuple):
        return (address,)
    return address[:2] if error.call == "connect" else address[:1]
