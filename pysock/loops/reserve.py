"""A descriptor held in reserve, for when there is no other left."""

from __future__ import annotations

import os

from pysock.raw.calls import lib, new_address


class Reserve:
    """A descriptor that is given up to take connections and reset them.

    Without it a server at its limit can do nothing about its queue: accept
    reserves a descriptor before it looks there.
    """

    __slots__ = ("_closed", "_fd")

    def __init__(self) -> None:
        self._fd = -1
        self._closed = False
        self.refill()

    def refill(self) -> None:
        """Open it again, if it is not and a descriptor is to be had."""
        if self._fd >= 0:
            return
        try:
            self._fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            pass
        if self._closed:
            # Perhaps by a signal's handler, just now.
            self._give_up()

    def shed(self, listener: int, most: int) -> int:
        """Take connections from a queue and reset them; never blocks.

        Args:
            listener: a descriptor that does not block.
            most: how many at most.

        Returns:
            how many; 0 also when there is no reserve, or another thread was
            quicker to use it.
        """
        self.refill()
        if self._fd < 0:
            return 0
        self._give_up()
        shed = 0
        peer = new_address()
        while shed < most:
            fd = lib.pysock_accept(listener, 0, peer)
            if fd < 0:
                break
            lib.pysock_close_with_reset(fd)
            shed += 1
        self.refill()
        return shed

    def close(self) -> None:
        """Give it up for good."""
        self._closed = True
        self._give_up()

    def _give_up(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
