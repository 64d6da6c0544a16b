"""The ends of a connection: shutdown, close, abort."""

from __future__ import annotations

import _socket
from operator import index
from sys import byteorder

from pysock.dropin.closing import closed, wake_on_close
from pysock.dropin.in_use import in_use, let_go
from pysock.dropin.transfer import TransferSocket
from pysock.dropin.typed import by_handler
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.funnel import failure_of
    from pysock.dropin.memory import remember
    from pysock.dropin.on_failure import report
    from pysock.errors.choose import error_for
else:
    late(
        globals(),
        "dropin.funnel.failure_of",
        "dropin.memory.remember",
        "dropin.on_failure.report",
        "errors.choose.error_for",
    )

_fileno = _socket.socket.fileno
_shutdown = _socket.socket.shutdown
_setsockopt = _socket.socket.setsockopt

# struct linger, two ints: on, and no time.
_RESET = (1).to_bytes(4, byteorder) + bytes(4)


class CloseSocket(TransferSocket):
    """The part of class socket that ends a connection."""

    __slots__ = ()

    # Whether SHUT_WR was called; unset before that.
    _pysock_sent_fin: bool
    _closed: bool

    def shutdown(self, how: int, /) -> None:
        """Shut one direction or both: SHUT_RD, SHUT_WR, SHUT_RDWR.

        SHUT_WR sends the FIN at once, and what the peer still has to say can
        be read. Never blocks.

        Raises:
            NotConnectedError: not connected (`ENOTCONN`).
            ClosedSocketError: the socket is closed (`EBADF`).
        """
        try:
            _shutdown(self, how)
        except OSError as exc:
            if by_handler(exc):
                raise
            failure = failure_of(self, "shutdown", exc)
            if failure is None:
                raise
        else:
            if index(how) != _socket.SHUT_RD:
                remember(self, "_pysock_sent_fin", True)
            return
        try:
            raise failure
        finally:
            del failure  # a cycle: its traceback has this frame

    def _real_close(
        self,
        _ss: Any = _socket.socket,
        _watched: Any = wake_on_close,
        _in_use: Any = in_use,
        _let_go: Any = let_go,
        _closed: Any = closed,
    ) -> None:
        # No globals on the way to close: see the standard class.
        try:
            if (_watched and _ss.fileno(self) in _watched) or _in_use:
                fd = _ss.fileno(self)
                _let_go(self)
                _closed(fd)
            # Nobody can begin to use the number between the look at `_in_use`
            # and this: the interpreter changes threads at the end of a call.
            _ss.close(self)
            return
        except OSError as exc:
            if by_handler(exc):
                raise
            failure = exc.args
        raise report(error_for("close", failure[0], args=failure))

    def abort(self) -> None:
        """Close at once with a RST; unsent data is thrown away.

        Open `makefile()` objects do not keep the descriptor. A closed socket
        stays closed. Never blocks.
        """
        if _fileno(self) < 0:
            return
        try:
            _setsockopt(self, _socket.SOL_SOCKET, _socket.SO_LINGER, _RESET)
        except OSError as exc:
            if by_handler(exc):
                raise
            # Another thread was quicker, or it is no socket: closed it is.
        self._closed = True
        self._real_close()
