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
    from typing import Self

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
        if self._fd >= 0:
            values = ffi.new("uint32_t[9]")
            if lib.pysock_memory(self._fd, values, 9) > _DROPS:
                self._lost = int(values[_DROPS])
        return self._lost

    def fileno(self) -> int:
        """The netlink descriptor, readable when an event waits; -1 closed."""
        return self._fd

    def close(self) -> None:
        """End the subscription; `lost` keeps its value. Never blocks."""
        if self._fd >= 0:
            # The last look at a count that goes with the descriptor.
            _ = self.lost
            fd, self._fd = self._fd, -1
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
            block, status = self._reader.receive(self._fd, left, 0)
            if block is not None:
                spans = zip(block.starts, block.ends, strict=True)
                self._waiting = [Entry(block.content, *span) for span in spans]
            # Between two C calls is where Python runs signal handlers. That
            # events were lost is told by `lost`; those to come still come.
            if status == -ETIMEDOUT and self.timeout is not None:
                raise StopIteration
            if status < 0 and status not in (-EINTR, -ENOBUFS, -ETIMEDOUT):
                raise diag_error("obituaries", -status)
        return self._waiting.pop(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
