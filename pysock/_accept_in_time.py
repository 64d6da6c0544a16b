"""accept with a timeout: no poll for a connection that is known to wait.

With a timeout set, the interpreter's C polls before every accept4. Here the
length of the queue is read now and then; where many wait, C is told a timeout
of 0, with which it does not poll, and the real one is kept beside.
"""

from __future__ import annotations

import _socket
import os
import time
from errno import EAGAIN, EINTR, ETIMEDOUT
from sys import byteorder

from pysock._accept import accept_failure
from pysock._transfer import TransferSocket
from pysock._typed import by_handler, typed
from pysock.raw._calls import READABLE, lib, milliseconds_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_accept = _socket.socket._accept  # type: ignore[attr-defined]
_fileno = _socket.socket.fileno
_getsockopt = _socket.socket.getsockopt
_gettimeout = _socket.socket.gettimeout
_settimeout = typed("settimeout")
_setblocking = typed("setblocking")

_IPPROTO_TCP, _TCP_INFO = _socket.IPPROTO_TCP, _socket.TCP_INFO
_LISTEN, _WAITING, _ENOUGH = 10, slice(24, 28), 28

# So many in the queue are worth the change; of fewer, the next so many are
# accepted as the interpreter does, before the next look.
_MANY, _FEW = 16, 8
# Who else accepts from the queue may be faster. That costs a failed accept4,
# or a wait without end on a descriptor that somebody has made block: for such
# a one a quarter counts as sure, as in csrc/accept_many.c.
_SHARE = 4

NEVER = -1


class AcceptInTimeSocket(TransferSocket):
    """The part of class socket that knows what is in the queue.

    `_own_timeout` is the timeout as it was set, while C may have a 0; `_sure`
    is how many accepts may go without a look at the queue, or `NEVER` where
    none is needed. Both are unset before `listen` and `settimeout`.
    """

    __slots__ = ()

    _own_timeout: float | None
    _sure: int

    def gettimeout(self) -> float | None:
        """Give the timeout in seconds; `None`: blocks, 0.0: non-blocking."""
        timeout = _gettimeout(self)
        if timeout == 0:
            return getattr(self, "_own_timeout", None) or timeout
        return timeout

    timeout = property(gettimeout, doc="The timeout in seconds, or None.")

    def getblocking(self) -> bool:
        """Tell whether calls wait, be it with a timeout."""
        return self.gettimeout() != 0

    def settimeout(self, value: float | None, /) -> None:
        """Set the timeout in seconds; `None`: block, 0: non-blocking.

        Raises:
            ClosedSocketError: the socket is closed (`EBADF`).
            ValueError: it is negative.
        """
        _settimeout(self, value)
        self._set_own_timeout(None if value is None else float(value))

    def setblocking(self, flag: bool, /) -> None:
        """Block without a timeout, or not at all; raises as `settimeout`."""
        _setblocking(self, flag)
        self._set_own_timeout(None if flag else 0.0)

    def _set_own_timeout(self, timeout: float | None) -> None:
        self._own_timeout = timeout
        self._sure = 0 if timeout else NEVER
        if timeout != 0 and _gettimeout(self) == 0:
            # Another thread's accept told C a 0 just now: see `_polls`.
            _settimeout(self, timeout)

    def _waiting(self) -> int:
        """Length of the queue; 0 for what is no TCP listener."""
        try:
            info = _getsockopt(self, _IPPROTO_TCP, _TCP_INFO, _ENOUGH)
        except OSError as exc:
            if by_handler(exc):
                raise
            return 0
        if len(info) < _ENOUGH or info[0] != _LISTEN:
            return 0
        return int.from_bytes(info[_WAITING], byteorder)

    def _sure_of(self, waiting: int) -> int:
        """How many may be accepted without a look, after the next one."""
        if waiting <= 1:
            return 0
        if self._blocks():
            waiting //= _SHARE
        return max(waiting - 1, 0)

    def _blocks(self) -> bool:
        try:
            return os.get_blocking(_fileno(self))
        except OSError as exc:
            if by_handler(exc):
                raise
            return True  # closed by another thread: accept says so

    def _polls(self) -> bool:
        """Look at the queue; whether `_accept_in_time` is to poll, not C."""
        if _gettimeout(self) == 0:
            return True
        # Who shares the descriptor and has made it block relies on that, and
        # telling C a timeout would end it.
        if self._waiting() < _MANY or self._blocks():
            self._sure = _FEW
            return False
        timeout = self._own_timeout
        if timeout:
            _settimeout(self, 0)
        if timeout is not self._own_timeout:
            # Another thread, or a signal's handler, has set one meanwhile.
            _settimeout(self, self._own_timeout)
            return False
        return bool(timeout)

    def _accept_in_time(self) -> tuple[int, Any]:
        """Accept, polling only when nothing waits: descriptor and address.

        Raises:
            OSError: as `accept`, typed already.
        """
        timeout = self.gettimeout()
        deadline = None if timeout is None else time.monotonic() + timeout
        waiting = self._waiting()
        while True:
            if waiting <= 0:
                left = milliseconds_left(deadline)
                ready = lib.pysock_wait(_fileno(self), READABLE, left)
                if ready in (0, -EINTR) and left > 0:
                    # A signal's handler has run by now (PEP 475).
                    continue
                if ready <= 0:
                    out_of_time = ready in (0, -EINTR)
                    number = ETIMEDOUT if out_of_time else -ready
                    break
            self._sure = self._sure_of(waiting)
            try:
                return _accept(self)  # type: ignore[no-any-return]
            except OSError as exc:
                if by_handler(exc):
                    raise
                number = exc.errno or ETIMEDOUT
            if number != EAGAIN:
                break
            # Another thread or process was faster.
            waiting = 0
            if milliseconds_left(deadline) == 0:
                number = ETIMEDOUT
                break
        raise accept_failure(self, number, timeout, timeout)
