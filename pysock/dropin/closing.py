"""Who wants to be woken when a listener is closed.

close(2) in one thread does not end another thread's wait for that descriptor
(Linux 6.18): whoever waits keeps the listener alive. So our `close` looks
here. An empty dict is the rule, and a look into it costs 30 ns.
"""

from __future__ import annotations

import os
from _thread import RLock

from pysock.errors import error_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Descriptor to what is to be called once its socket object has let go of it.
wake_on_close: dict[int, tuple[Callable[[], None], ...]] = {}


def watch(fd: int, wake: Callable[[], None]) -> None:
    """Call `wake` when the descriptor's socket is closed."""
    wake_on_close[fd] = (*wake_on_close.get(fd, ()), wake)


def unwatch(fd: int, wake: Callable[[], None]) -> None:
    """Undo `watch`; nothing happens if it has called already."""
    others = tuple(w for w in wake_on_close.get(fd, ()) if w != wake)
    if others:
        wake_on_close[fd] = others
    else:
        wake_on_close.pop(fd, None)


def is_watched(fd: int) -> bool:
    """Whether anybody waits for that descriptor's end."""
    return fd in wake_on_close


def closed(fd: int) -> None:
    """Wake all who watch."""
    for wake in wake_on_close.pop(fd, ()):
        wake()


class Waker:
    """A descriptor that ends another thread's wait: an eventfd."""

    __slots__ = ("_lock", "fd")

    def __init__(self) -> None:
        """Make it.

        Raises:
            DescriptorLimitError: no descriptor left (`EMFILE`, `ENFILE`).
        """
        # Held for as long as the number is used: that of a closed one may be
        # somebody else's. A signal handler may wake too, hence an RLock.
        self._lock = RLock()
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
