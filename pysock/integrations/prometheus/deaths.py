"""What sockets had counted when they died, between two looks."""

from __future__ import annotations

import os
import select
import threading
from collections import deque

from pysock import sock_diag
from pysock.errors import DiagError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.sock_diag import Entry

# Kept for the next look, some 2 KiB each; the kernel keeps 166.
_MOST = 20_000


class Deaths:
    """Reads the obituaries in a thread of its own, for who asks later."""

    def __init__(self, netns: str | int | None) -> None:
        """Subscribe.

        Args:
            netns: see `sock_diag.sockets`.

        Raises:
            DiagError: there is no such namespace (`ENOENT`).
            DiagDeniedError: no right to go there (`EPERM`, `EACCES`).
        """
        self._found: deque[Entry] = deque()
        self._left_out = 0
        self._end = -1
        try:
            self._obituaries = sock_diag.obituaries(0, netns=netns)
        except DiagError as error:
            if error.call == "netns":
                raise
            # A kernel without the groups: what ends between looks is lost.
            self._thread = None
            return
        self._end = os.eventfd(0, os.EFD_CLOEXEC)
        # A daemon: a program that ends does not wait for it.
        self._thread = threading.Thread(
            target=self._read, name="pysock-deaths", daemon=True
        )
        self._thread.start()

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._obituaries.fileno(), select.POLLIN)
        poll.register(self._end, select.POLLIN)
        while all(fd != self._end for fd, _ in poll.poll()):
            for entry in self._obituaries:
                if len(self._found) < _MOST:
                    self._found.append(entry)
                else:
                    self._left_out += 1

    def take(self) -> list[Entry]:
        """The last readings since the last call, the oldest first."""
        taken = []
        while self._found:
            taken.append(self._found.popleft())
        return taken

    @property
    def lost(self) -> int | None:
        """How many died unseen; `None` where the kernel tells of none."""
        if self._thread is None:
            return None
        return self._obituaries.lost + self._left_out

    def close(self) -> None:
        """End the subscription."""
        if self._end < 0:
            return
        os.eventfd_write(self._end, 1)
        if self._thread is not None:
            self._thread.join()
        self._obituaries.close()
        os.close(self._end)
        self._end = -1
