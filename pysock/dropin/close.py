"""The ends of a connection: shutdown, close, abort."""

from __future__ import annotations

import _socket
import os
from errno import ECONNRESET
from operator import index

from pysock import raw
from pysock.dropin.closing import closed, wake_on_close
from pysock.dropin.funnel import failure_of
from pysock.dropin.transfer import TransferSocket
from pysock.errors import error_for
from pysock.raw.calls import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_fileno = _socket.socket.fileno


class CloseSocket(TransferSocket):
    """The part of class socket that ends a connection."""

    __slots__ = ()

    # Whether SHUT_WR was called; unset before that.
    _sent_fin: bool

    def shutdown(self, how: int, /) -> None:
        """Shut one direction or both: SHUT_RD, SHUT_WR, SHUT_RDWR.

        SHUT_WR sends the FIN at once, and what the peer still has to say can
        be read. Never blocks.

        Raises:
            NotConnectedError: not connected (`ENOTCONN`).
            ClosedSocketError: the socket is closed (`EBADF`).
        """
        how = index(how)
        result = lib.pysock_shutdown(_fileno(self), how)
        if result == 0:
            if how != _socket.SHUT_RD:
                self._sent_fin = True
            return
        said = OSError(-result, os.strerror(-result))
        raise failure_of(self, "shutdown", said) or said

    def _real_close(
        self,
        _ss: Any = _socket.socket,
        _close: Any = lib.pysock_close,
        _watched: Any = wake_on_close,
        _closed: Any = closed,
    ) -> None:
        # No globals on the way to close: see the standard class.
        fd = _ss.detach(self)
        if fd < 0:
            return
        if fd in _watched:
            _closed(fd)
        result = _close(fd)
        # The peer's RST is no failure of ours to close.
        if result < 0 and result != -ECONNRESET:
            raise error_for("close", -result)

    def abort(self) -> None:
        """Close at once with a RST; unsent data is thrown away.

        Open `makefile()` objects do not keep the descriptor. A closed socket
        stays closed. Never blocks.
        """
        fd = self.detach()
        if fd >= 0:
            closed(fd)
            raw.close_with_reset(fd)
