"""accept with a timeout: no poll for a connection that is known to wait.

With a timeout set, the interpreter's C polls before every accept4. Here the
length of the queue is read now and then; while many wait, C is told a timeout
of 0, with which it does not poll, and the real one is kept beside.
"""

from __future__ import annotations

import _socket
import os
from _thread import _count as _other_threads
from sys import byteorder

from pysock.dropin.transfer import TransferSocket
from pysock.dropin.typed import by_handler, typed

_fileno = _socket.socket.fileno
_getsockopt = _socket.socket.getsockopt
_gettimeout = _socket.socket.gettimeout
_tell_c = _socket.socket.settimeout
_settimeout = typed("settimeout")
_setblocking = typed("setblocking")

_IPPROTO_TCP, _TCP_INFO = _socket.IPPROTO_TCP, _socket.TCP_INFO
_LISTEN, _WAITING, _ENOUGH = 10, slice(24, 28), 28

# So many in the queue are worth the change. If fewer wait, the next 8 accepts
# go the interpreter's way before the next look.
_MANY, _FEW = 8, 8
# Other processes may accept from the same queue, and one of them may make the
# descriptor block: without a poll the timeout would not hold then. So of those
# that wait a half is accepted before the next look, and 128 at most.
_SHARE, _MOST = 2, 128

NEVER = -1


class AcceptInTimeSocket(TransferSocket):
    """The part of class socket that knows what is in the queue.

    `_own_timeout` is the timeout as it was set, while C may have a 0;
    `_unlooked` is how many accepts are left before the next look at the
    queue, or `NEVER`. Both are unset until one of the setters here, `listen`
    or `accept` has been called.
    """

    __slots__ = ()

    _own_timeout: float | None
    _unlooked: int

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
            TypeError: it is no number.
            ValueError: it is negative.
        """
        if isinstance(value, (int, float)) and value == 0:
            # C may have a 0 already: first, or an interrupted call would
            # leave the timeout of before.
            self._own_timeout = 0.0
        _settimeout(self, value)
        self._remember_timeout()

    def setblocking(self, flag: bool, /) -> None:
        """Block without a timeout, or not at all; raises as `settimeout`."""
        if not flag:
            self._own_timeout = 0.0
        _setblocking(self, flag)
        self._remember_timeout()

    def _remember_timeout(self) -> None:
        """Keep what C has been told, which may have rounded it."""
        self._own_timeout = timeout = _gettimeout(self)
        self._unlooked = 0 if timeout else NEVER

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

    def _look(self) -> None:
        """Look at the queue, and tell C what timeout suits it."""
        own = getattr(self, "_own_timeout", None)
        timeout = _gettimeout(self)
        if timeout not in (0, own):
            # What set it was interrupted before it could say so here.
            self._remember_timeout()
            return
        if not own:
            self._unlooked = NEVER
            return
        fd = _fileno(self)
        if fd < 0:
            return  # closed: accept says so
        waiting = self._waiting()
        # While another thread is in C's poll, a 0 would cost it the time that
        # it has left.
        alone = waiting >= _MANY and _other_threads() == 0
        blocks = (alone or timeout == 0) and os.get_blocking(fd)
        # Who shares the descriptor and has made it block relies on that; any
        # timeout that C is told ends it.
        deep = alone and not blocks
        self._unlooked = min(waiting // _SHARE, _MOST) - 1 if deep else _FEW
        if deep is (timeout == 0):
            return
        try:
            _tell_c(self, 0 if deep else own)
        finally:
            while self._own_timeout is not own:
                # The handler of a signal has set another one meanwhile.
                own = self._own_timeout
                _tell_c(self, own)
        if blocks:
            os.set_blocking(fd, True)
