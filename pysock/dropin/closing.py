"""Who wants to be woken when a listener is closed.

close(2) in one thread does not end another thread's wait for that descriptor
(Linux 6.18): whoever waits keeps the listener alive. So our `close` looks
here. An empty dict is the rule, and a look into it costs 30 ns.
"""

from __future__ import annotations

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
