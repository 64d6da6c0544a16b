"""class socket: the standard class, whose failures say what happened.

The life cycle (connect, accept, shutdown, close) goes through csrc/; the data
path is in `_transfer.py`. What is not TCP over IP works as in the standard
module, exceptions included.
"""

from __future__ import annotations

import _socket
import os
import socket as standard
from errno import ECONNRESET, EMFILE, ENFILE, ENOBUFS, ENOMEM
from operator import index
from socket import gaierror
from sys import _getframe, modules

from pysock import raw
from pysock._accept_many import AcceptManySocket
from pysock._bind import bind_failure
from pysock._closing import closed, wake_on_close
from pysock._connect import ConnectSocket
from pysock._transfer import failed, typed, unresolved
from pysock.errors import error_for
from pysock.raw._calls import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock._tcp_info import TcpInfo
    from pysock._tcp_state import TcpState

_init = _socket.socket.__init__
_bind = _socket.socket.bind
_family = _socket.socket.family.__get__
_type = _socket.socket.type.__get__
_proto = _socket.socket.proto.__get__
_fileno = _socket.socket.fileno
_sendfile = typed("sendfile")

# Where a replaced `pysock.socket` is looked up: a test that patches it there
# expects accept to make the replacement, as in the standard module.
_public = modules["pysock"].__dict__
_LIMITS = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})


class socket(ConnectSocket, AcceptManySocket):
    """A socket that tells why: `socket.socket`, its failures typed.

    Everything that the standard class has works as there. On a TCP socket a
    failure is a `SocketError` that carries the call, both addresses, who said
    no and a TCP_INFO reading, and is also the builtin that the standard
    module would have raised.
    """

    # The attempt of a non-blocking connect; whether SHUT_WR was called. Both
    # are unset until then, so that making a socket costs nothing more.
    __slots__ = ("_attempt", "_sent_fin")
    __module__ = "pysock"

    def __init__(
        self,
        family: int = -1,
        type: int = -1,
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        """Make a socket, or an object for a descriptor.

        Raises:
            DescriptorLimitError: no descriptor left (`EMFILE`, `ENFILE`).
            ResourceLimitError: no memory left (`ENOBUFS`, `ENOMEM`).
            OSError: as the standard class.
        """
        try:
            standard.socket.__init__(self, family, type, proto, fileno)
            return
        except OSError as exc:
            if exc.errno not in _LIMITS:
                raise
            failure = exc.args
        raise error_for("socket", failure[0], args=failure)

    def bind(self, address: Any, /) -> None:
        """Give the socket its address, port or both.

        Raises:
            AddressInUseError: taken (`EADDRINUSE`).
            AddressUnavailableError: not ours (`EADDRNOTAVAIL`).
            BindDeniedError: privileged port (`EACCES`).
            BindError: any other errno (`EINVAL`: bound already).
            ResolveError: the host name does not resolve.
            ClosedSocketError: the socket is closed (`EBADF`).
        """
        try:
            return _bind(self, address)
        except OSError as exc:
            kind, failure = type(exc), exc.args
        if kind is gaierror:
            raise unresolved(address[0], failure)
        raise bind_failure(self, address, kind, failure)

    listen = typed("listen")

    def _accepted(self, fd: int) -> socket:
        """Make the object for an accepted descriptor, or close it."""
        kind = _public["socket"]
        try:
            if kind is not socket:
                made: socket = kind(
                    self.family, self.type, _proto(self), fileno=fd
                )
                return made
            # What __init__ does, without its detours: this is accept's path.
            sock = socket.__new__(socket)
            _init(sock, _family(self), _type(self), _proto(self), fd)
            sock._io_refs = 0
            sock._closed = False
            return sock
        except BaseException:
            lib.pysock_close(fd)
            raise

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
            if how != standard.SHUT_RD:
                self._sent_fin = True
            return
        raise failed(self, "shutdown", (-result, os.strerror(-result)))

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
            raw.close_with_reset(fd)

    def sendfile(
        self, file: Any, offset: int = 0, count: int | None = None
    ) -> int:
        """Send a file as the standard class does, without a SIGPIPE."""
        # Not at import: few programs send files, and it costs a millisecond.
        from pysock._sigpipe import sigpipe_blocked

        with sigpipe_blocked():
            return _sendfile(self, file, offset, count)  # type: ignore[no-any-return]

    def tcp_info(self) -> TcpInfo:
        """Read TCP_INFO: one system call, decoded field by field on demand.

        Raises:
            ClosedSocketError: the socket is closed (`EBADF`).
            NotTcpError: not a TCP socket (`EOPNOTSUPP`).
        """
        return raw.tcp_info(_fileno(self))

    def tcp_state(self) -> TcpState:
        """Read the TCP state; raises as `tcp_info`."""
        return raw.tcp_state(_fileno(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse to be pickled, except by multiprocessing, which can.

        multiprocessing knows the standard class by its exact type only.
        """
        caller = _getframe(1).f_globals.get("__name__")
        if caller == "multiprocessing.reduction":
            reduction = modules["multiprocessing.reduction"]
            return reduction._reduce_socket(self)
        return super().__reduce_ex__(protocol)
