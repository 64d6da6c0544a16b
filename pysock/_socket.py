"""class socket: the standard class, whose failures say what happened.

The life cycle (connect, accept, shutdown, close) goes through csrc/; the data
path is in `_transfer.py`. What is not TCP over IP works as in the standard
module, exceptions included.
"""

from __future__ import annotations

import _socket
import socket as standard
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from socket import gaierror
from sys import _getframe, modules

from pysock import raw
from pysock._accept import accept_again
from pysock._accept_many import AcceptManySocket
from pysock._bind import bind_failure
from pysock._close import CloseSocket
from pysock._connect import ConnectSocket
from pysock._tcp_info import TcpInfo
from pysock._transfer import failed, typed, unresolved
from pysock.errors import SocketError, error_for
from pysock.raw._calls import ffi, lib, new_address, to_tuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock._tcp_state import TcpState
    from pysock.raw._calls import CData

_new = _socket.socket.__new__
_init = _socket.socket.__init__
_bind = _socket.socket.bind
_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
_getsockopt = _socket.socket.getsockopt
_family = _socket.socket.family.__get__
_type = _socket.socket.type.__get__
_proto = _socket.socket.proto.__get__
_accept = lib.pysock_accept
_string = ffi.string
_sendfile = typed("sendfile")

_AF_INET = _socket.AF_INET
_IP = (_socket.AF_INET, _socket.AF_INET6)
_IPPROTO_TCP, _TCP_INFO = _socket.IPPROTO_TCP, _socket.TCP_INFO
_LIMITS = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})

# Where a replaced `pysock.socket` is looked up: a test that patches it there
# expects accept to make the replacement, as in the standard module.
_public = modules["pysock"].__dict__

# Address structs to use again: making one costs as much as a system call.
# Taking from and adding to a list is atomic, so each is one thread's at a
# time; one that a failure drops is simply freed.
_spare: list[CData] = []


class socket(ConnectSocket, AcceptManySocket, CloseSocket):
    """A socket that tells why: `socket.socket`, its failures typed.

    Everything that the standard class has works as there. On a TCP socket a
    failure is a `SocketError` that carries the call, both addresses, who said
    no and a TCP_INFO reading, and is also the builtin that the standard
    module would have raised.
    """

    # The attempt of a non-blocking connect; what accept makes; whether SHUT_WR
    # was called. Unset until then, so that making a socket costs no more.
    __slots__ = ("_attempt", "_kind", "_sent_fin")
    __module__ = "pysock"

    _kind: tuple[int, int, int]
    _io_refs: int
    _closed: bool

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

    def accept(self) -> tuple[socket, Any]:
        """Take one connection from the queue, as the timeout says.

        Returns:
            the connection, and the address of its peer.

        Raises:
            AcceptWouldBlockError: non-blocking, queue empty (`EAGAIN`).
            AcceptTimeoutError: the timeout ran out (`ETIMEDOUT`).
            DescriptorLimitError: `EMFILE`, `ENFILE`; the connection stays
                queued, so do not spin.
            ResourceLimitError: `ENOBUFS`, `ENOMEM`.
            AcceptAbortedError: `ECONNABORTED`, `EPROTO`; go on.
            AcceptError: any other errno (`EINVAL`: not listening).
            ClosedSocketError: the socket is closed (`EBADF`).

        Linux hands over a connection that was reset in the queue; its first
        read or write says so.
        """
        try:
            family, type, proto = self._kind
        except AttributeError:
            if _family(self) not in _IP:
                return self._accept_standard()
            self._kind = (_family(self), _type(self), _proto(self))
            family, type, proto = self._kind
        try:
            peer = _spare.pop()
        except IndexError:
            peer = new_address()
        timeout = _gettimeout(self)
        # With a timeout only look; the clock is for one who has to wait.
        fd = _accept(_fileno(self), -1 if timeout is None else 0, peer)
        if fd < 0:
            fd = accept_again(self, timeout, fd, peer)
        if _public["socket"] is not socket:
            sock = self._accepted(fd)
        else:
            # What __init__ does, without its detours.
            try:
                sock = _new(socket)
                _init(sock, family, type, proto, fd)
            except BaseException:
                lib.pysock_close(fd)
                raise
            sock._io_refs = 0
            sock._closed = False
        if family == _AF_INET:
            # to_tuple() without the call.
            address: Any = (_string(peer.host).decode(), peer.port)
        else:
            address = to_tuple(peer)
        _spare.append(peer)
        return sock, address

    def _accepted(self, fd: int) -> socket:
        """Make the object for an accepted descriptor, or close it."""
        made_by = _public["socket"]
        try:
            if made_by is not socket:
                replaced: socket = made_by(
                    self.family, self.type, _proto(self), fileno=fd
                )
                return replaced
            sock = _new(socket)
            _init(sock, _family(self), _type(self), _proto(self), fd)
            sock._io_refs = 0
            sock._closed = False
            return sock
        except BaseException:
            lib.pysock_close(fd)
            raise

    def _accept_standard(self) -> tuple[socket, Any]:
        """Accept for a family that only the standard module knows."""
        try:
            fd, address = _socket.socket._accept(self)  # type: ignore[attr-defined]
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            kind, failure = type(exc), exc.args
        else:
            sock = self._accepted(fd)
            if standard.getdefaulttimeout() is None and self.gettimeout():
                sock.setblocking(True)
            return sock, address
        raise failed(self, "accept", failure, kind)

    def sendfile(
        self, file: Any, offset: int = 0, count: int | None = None
    ) -> int:
        """Send a file as the standard class does, without a SIGPIPE."""
        # Not at import: few programs send files, and it costs a millisecond.
        from pysock._sigpipe import sigpipe_blocked

        try:
            with sigpipe_blocked():
                return _sendfile(self, file, offset, count)  # type: ignore[no-any-return]
        except SocketError as error:
            # The standard class falls back to send when os.sendfile fails.
            error.call, error.__context__ = "sendfile", None
            raise

    def tcp_info(self) -> TcpInfo:
        """Read TCP_INFO: one system call, decoded field by field on demand.

        Raises:
            ClosedSocketError: the socket is closed (`EBADF`).
            NotTcpError: not a TCP socket (`EOPNOTSUPP`).
        """
        try:
            # The interpreter's own call gives just the bytes that the kernel
            # filled, with one allocation less than ours.
            return TcpInfo(_getsockopt(self, _IPPROTO_TCP, _TCP_INFO, 320))
        except OSError:
            pass
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
