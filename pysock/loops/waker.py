"""What ends another thread's wait, and what a fork does to locks."""

from __future__ import annotations

import os
from _thread import RLock
from weakref import WeakSet

from pysock.errors import error_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_holders: WeakSet[Any] = WeakSet()


def renew_lock_after_fork(holder: Any) -> None:
    """Give an object a new `_lock` in each child of a fork.

    A lock that another thread holds at the fork is held for ever in the
    child: that thread is not there.
    """
    _holders.add(holder)


def _renew_locks() -> None:
    for holder in _holders:
        holder._lock = RLock()


os.register_at_fork(after_in_child=_renew_locks)


class Waker:
    """A descriptor that ends another thread's wait: an eventfd."""

    __slots__ = ("__weakref__", "_lock", "fd")

    def __init__(self) -> None:
        """Make it.

        Raises:
            DescriptorLimitError: no descriptor left (`EMFILE`, `ENFILE`).
        """
        # Held for as long as the number is used: that of a closed one may be
        # somebody else's. A signal handler may wake too, hence an RLock.
        self._lock = RLock()
        renew_lock_after_fork(self)
        number = 0
        try:
            self.fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        except OSError as exc:
            number = exc.errno or 0
        if number:
            raise error_for("socket", number)

    def wake(self) -> None:
        """End the wait of whoever polls `fd`; nothing happens once closed."""
        with self._lock:
            if self.fd >= 0:
                os.eventfd_write(self.fd, 1)

    def drain(self) -> None:
        """Make it ready for the next time."""
        with self._lock:
            if self.fd >= 0:
                try:
                    os.eventfd_read(self.fd)
                except BlockingIOError:
                    pass

    def close(self) -> None:
        """Close it, once."""
        with self._lock:
            fd, self.fd = self.fd, -1
            if fd >= 0:
                os.close(fd)
