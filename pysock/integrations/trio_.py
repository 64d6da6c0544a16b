"""trio: the exceptions that it makes of a socket's failure.

Its sockets call the methods of the standard class, which are noted already,
but a connect's failure it takes itself, and makes an exception of its own. A
timeout is a cancellation, which its cancel scope swallows.
"""

from __future__ import annotations

from time import monotonic

import trio
from trio import _core, _socket

from pysock.dropin.standard import standard_class
from pysock.integrations import noting
from pysock.integrations.cancelled import failure_of_wait, note_cancelled
from pysock.integrations.scopes import cancelled_in_trio
from pysock.integrations.wraps import Wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.integrations.wraps import Method

_wraps = Wraps("trio")


def wrap() -> None:
    """Wrap what makes exceptions in trio's sockets, once.

    What is not as we know it is left as it is, with one warning.
    """
    sockets: Any = getattr(_socket, "_SocketType", _socket)
    waits: Any = getattr(_core._run, "TheIOManager", _core)
    _wraps.place(
        (
            (sockets, "connect", "self address", _connecting),
            (sockets, "_nonblocking_helper", "self wait_fn fn", _calling),
            (waits, "_epoll_wait", "self fd attr_name", _waiting),
        )
    )


def unwrap() -> None:
    """Put back what was there, where nobody has put another since."""
    _wraps.undo()


def _connecting(method: Method) -> Method:
    """`connect`: it takes SO_ERROR itself."""

    async def wrapper(self: Any, address: Any) -> None:
        try:
            await method(self, address)
        except OSError as exc:
            noting.note(
                self._sock, "connect", exc, address=address, home="trio"
            )
            del self, address
            raise

    return wrapper


def _calling(method: Method) -> Method:
    """`_nonblocking_helper`: trio keeps the methods that it calls.

    Of those that it took before they were wrapped, the wrapped ones are given
    to it.
    """

    async def wrapper(
        self: Any, wait_fn: Any, fn: Any, *args: Any, **kwargs: Any
    ) -> Any:
        now = getattr(standard_class, fn.__name__, None)
        if getattr(now, "__wrapped__", None) is fn:
            fn = now
        return await method(self, wait_fn, fn, *args, **kwargs)

    return wrapper


def _waiting(method: Method) -> Method:
    """`_epoll_wait`: the socket is still open when a wait is cancelled."""

    async def wrapper(self: Any, fd: Any, attr_name: Any) -> None:
        started = monotonic()
        try:
            await method(self, fd, attr_name)
        except trio.Cancelled as exc:
            if noting.is_standard(fd):
                call = "send" if attr_name == "write_task" else "recv"
                task = trio.lowlevel.current_task()
                note_cancelled(
                    exc,
                    failure_of_wait(fd, call, started),
                    cancelled_in_trio(task),
                )
                del task
            raise

    return wrapper
