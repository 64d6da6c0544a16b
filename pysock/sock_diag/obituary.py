"""The last reading of every TCP socket, at the moment when it goes."""

from __future__ import annotations

import time
from errno import EINTR, ENOBUFS, ETIMEDOUT

from pysock.raw.calls import (
    AF_INET,
    AF_INET6,
    check_timeout,
    ffi,
    lib,
    milliseconds_left,
)
from pysock.sock_diag.entry import Entry
from pysock.sock_diag.netlink import Reader, diag_error, open_into

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

# Groups 1 (SKNLGRP_INET_TCP_DESTROY) and 3 (SKNLGRP_INET6_TCP_DESTROY).
_GROUPS = {AF_INET: 1, AF_INET6: 4, None: 5}

# Unread events cost about 1.3 KiB each. The default buffer holds 166 of them
# (Linux 6.18).
RECEIVE_BUFFER = 4 * 1024 * 1024

# Index of the drops in SO_MEMINFO.
_DROPS = 8


class Obituaries:
    """An iterator over TCP sockets as they die, and a context manager.

    Each item is an `Entry` in state CLOSE with its addresses, its cookie and
    its final `tcp_info`. It subscribes when it is made: what dies from then
    on is delivered, whenever it is read.
    """

    # What close() finds when making one failed.
    _fd = -1

    def __init__(
        self, timeout: float | None, family: int | None, receive_buffer: int
    ) -> None:
        if family not in _GROUPS:
            raise ValueError(f"AF_INET, AF_INET6 or None, not {family!r}")
        check_timeout(timeout)
        self.timeout = timeout
        self._deadline: float | None = None
        self._reader = Reader()
        self._waiting: list[Entry] = []
        self._lost = 0
        # Who waits for the descriptor now, and the descriptor when nobody is
        # to begin any more: the last of them closes it. Its number would else
        # be a stranger's while C waits for it.
        self._users: set[object] = set()
        self._ownerless: list[int] = []
        opened: list[int] = []
        try:
            fd = open_into(opened, _GROUPS[family], receive_buffer)
            if fd < 0:
                raise diag_error("obituaries", -fd)
            self._start_clock()
            self._fd = fd
        except BaseException:
            for fd in opened:
                lib.pysock_close(fd)
            raise

    @property
    def lost(self) -> int:
        """How many events the kernel threw away: nobody read in time.

        It is the kernel's own count for this subscription, and exact.
        """
        values = ffi.new("uint32_t[9]")
        if self._using(lib.pysock_memory, values, 9) > _DROPS:
            self._lost = int(values[_DROPS])
        return self._lost

    def fileno(self) -> int:
        """The netlink descriptor, readable when an event waits; -1 closed."""
        return self._fd

    def close(self) -> None:
        """End the subscription; `lost` keeps its value. Never blocks.

        A thread that waits for the next one ends with it, or at its timeout.
        """
        if self._fd >= 0:
            # The last look at a count that goes with the descriptor.
            _ = self.lost
            self._ownerless.append(self._fd)
            self._fd = -1
            self._close_unused()

    def _using(self, call: Callable[..., Any], *args: Any) -> Any:
        """Call C with the descriptor, which stays open meanwhile; or -1."""
        user = object()
        self._users.add(user)
        try:
            return call(self._fd, *args)
        finally:
            self._users.discard(user)
            self._close_unused()

    def _close_unused(self) -> None:
        while self._ownerless and not self._users:
            try:
                fd = self._ownerless.pop()
            except IndexError:
                return  # another thread was quicker
            lib.pysock_close(fd)

    def __iter__(self) -> Self:
        self._start_clock()
        return self

    def _start_clock(self) -> None:
        self._deadline = None
        if self.timeout is not None:
            self._deadline = time.monotonic() + self.timeout

    def __next__(self) -> Entry:
        while not self._waiting:
            left = milliseconds_left(self._deadline)
            if self._fd < 0 or (left == 0 and self.timeout):
                raise StopIteration
            # Events have sequence number 0: nobody asked for them.
            block, status = self._using(self._reader.receive, left, 0)
            if block is not None:
                spans = zip(block.starts, block.ends, strict=True)
                self._waiting = [Entry(block.content, *span) for span in spans]
            # Between two C calls is where Python runs signal handlers. That
            # events were lost is told by `lost`; those to come still come.
            if status == -ETIMEDOUT and self.timeout is not None:
                raise StopIteration
            if status < 0 and self._fd < 0:
                raise StopIteration  # closed by another thread meanwhile
            if status < 0 and status not in (-EINTR, -ENOBUFS, -ETIMEDOUT):
                raise diag_error("obituaries", -status)
        return self._waiting.pop(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
