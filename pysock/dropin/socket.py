"""class socket: the standard class, whose failures say what happened.

The life cycle (connect, accept, shutdown, close) goes through csrc/; the data
path is in `transfer.py`. What is not TCP over IP works as in the standard
module, exceptions included; typed are a would-block error and the connect of
a UNIX socket.
"""

from __future__ import annotations

import _socket
import socket as standard
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from sys import _getframe, modules

from pysock import raw
from pysock.dropin.accept_many import AcceptManySocket
from pysock.dropin.accepted import accepted
from pysock.dropin.close import CloseSocket
from pysock.dropin.connect import ConnectSocket
from pysock.dropin.in_use import with_number
from pysock.dropin.standard import ask_replacement, standard_class
from pysock.dropin.typed import by_handler, typed
from pysock.errors.handlers import from_handler
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.funnel import failure_of
    from pysock.dropin.listening import listen_queue
    from pysock.dropin.on_failure import report
    from pysock.dropin.sigpipe import without_sigpipe
    from pysock.errors.choose import error_for
    from pysock.raw.queue import ListenQueue
    from pysock.tcp.info import TcpInfo
    from pysock.tcp.state import TcpState
else:
    late(
        globals(),
        "dropin.funnel.failure_of",
        "dropin.listening.listen_queue",
        "dropin.on_failure.report",
        "dropin.sigpipe.without_sigpipe",
        "errors.choose.error_for",
    )

_new = _socket.socket.__new__
_init = _socket.socket.__init__
_bind = _socket.socket.bind
_fileno = _socket.socket.fileno
_getsockopt = _socket.socket.getsockopt
# The interpreter's own C makes the address too, cheaper than cffi hands one
# over: 4.5 us with it, 5.3 us with pysock_accept (Python 3.11).
_accept = _socket.socket._accept  # type: ignore[attr-defined]
_listen = typed("listen")
_sendfile = typed("sendfile")

_new_reading = object.__new__
# Class TcpInfo, since the first reading.
_Reading: type[TcpInfo]

_IPPROTO_TCP, _TCP_INFO = _socket.IPPROTO_TCP, _socket.TCP_INFO
_LIMITS = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})

# Where a replaced `pysock.socket` is looked up: a test that patches it there
# expects accept to make the replacement, as in the standard module.
_public = modules["pysock"].__dict__


class socket(ConnectSocket, AcceptManySocket, CloseSocket):
    """A socket that tells why: `socket.socket`, its failures typed.

    Everything that the standard class has works as there. On a TCP socket a
    failure is a `SocketError` that carries the call, both addresses, who said
    no and a TCP_INFO reading, and is also the builtin that the standard
    module would have raised.
    """

    # When a connect began that is under way; who ended the connection; whether
    # a connect over IPv6 has failed; what accept makes; whether SHUT_WR was
    # called; room for accept_many. Unset until then, so that making a socket
    # costs no more.
    __slots__ = (
        "_pysock_began",
        "_pysock_ended",
        "_pysock_failed",
        "_pysock_kind",
        "_pysock_sent_fin",
        "_pysock_spare",
    )
    __module__ = "pysock"

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
            if standard.socket is not standard_class:
                ask_replacement(family, type, proto, fileno)
            standard_class.__init__(self, family, type, proto, fileno)
            return
        except OSError as exc:
            if exc.errno not in _LIMITS:
                raise
            failure = exc.args
        raise report(error_for("socket", failure[0], args=failure))

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
            if by_handler(exc):
                raise
            failure = failure_of(self, "bind", exc, address=address)
            if failure is None:
                raise
        try:
            raise failure
        finally:
            del failure  # a cycle: its traceback has this frame

    def listen(self, *args: int) -> None:
        """Make the socket passive, with a queue of `backlog` at most.

        Args:
            *args: the backlog; the standard module's default if none.

        Raises:
            AddressInUseError: another socket listens there (`EADDRINUSE`).
            BindError: any other errno (`EINVAL`: connected).
            ClosedSocketError: the socket is closed (`EBADF`).
        """
        _listen(self, *args)
        # Who listens is who runs out of descriptors, and then no module can
        # be loaded any more: what explains that has to be here before.
        try:
            import pysock.explain.telling  # noqa: F401
        except (ImportError, OSError) as problem:
            if from_handler(problem):
                raise
            # No descriptor left already, or no file.

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
            fd, address = _accept(self)
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = failure_of(self, "accept", exc)
            if failure is None:
                raise
        else:
            if _public["socket"] is not socket:
                return accepted(self, fd), address
            try:
                family, type, proto = self._pysock_kind
            except AttributeError:
                return accepted(self, fd), address
            # What __init__ does, without its detours. The standard accept
            # also makes it block, which accept4 has done.
            sock = None
            try:
                sock = _new(socket)
                _init(sock, family, type, proto, fd)
            except BaseException:
                # A signal's handler may raise when the object has it already.
                if sock is None or _fileno(sock) != fd:
                    _socket.close(fd)
                raise
            sock._io_refs = 0
            sock._closed = False
            return sock, address
        try:
            raise failure
        finally:
            del failure  # a cycle: its traceback has this frame

    def sendfile(
        self, file: Any, offset: int = 0, count: int | None = None
    ) -> int:
        """Send a file as the standard class does, without a SIGPIPE."""
        try:
            return without_sigpipe(_sendfile, self, file, offset, count)  # type: ignore[no-any-return]
        except OSError as error:
            from pysock.errors.base import SocketError

            if isinstance(error, SocketError):
                # The standard class falls back to send when os.sendfile fails.
                error.call, error.__context__ = "sendfile", None
            raise

    if TYPE_CHECKING:

        def accept_many(self, limit: int = 64) -> list[tuple[socket, Any]]:
            """Say what the base class cannot: which sockets it makes."""

    def tcp_info(self) -> TcpInfo:
        """Read TCP_INFO: one system call, decoded field by field on demand.

        Raises:
            ClosedSocketError: the socket is closed (`EBADF`).
            NotTcpError: not a TCP socket (`EOPNOTSUPP`).
        """
        global _Reading
        try:
            # The interpreter's own call gives just the bytes that the kernel
            # filled, with one allocation less than ours: always bytes, never
            # none, which is all that __init__ looks at.
            info = _new_reading(_Reading)
            info._raw = _getsockopt(self, _IPPROTO_TCP, _TCP_INFO, 320)
            return info
        except OSError as exc:
            if by_handler(exc):
                raise
        except NameError:
            pass  # the first reading loads it
        reading: TcpInfo = with_number(self, raw.tcp_info)
        _Reading = type(reading)
        return reading

    def tcp_state(self) -> TcpState:
        """Read the TCP state; raises as `tcp_info`."""
        state: TcpState = with_number(self, raw.tcp_state)
        return state

    def listen_queue(self, syn_received: bool = False) -> ListenQueue:
        """Read the accept queue of a listener: two system calls, no wait.

        Args:
            syn_received: also count the incomplete handshakes, which walks
                the kernel's table (a millisecond or more).

        Raises:
            NotListeningError: the socket does not listen (`EINVAL`).
            NotTcpError: not a TCP socket (`EOPNOTSUPP`).
            ClosedSocketError: the socket is closed (`EBADF`).
            DiagError: the count is not to be had: the listener belongs to
                another network namespace (`EXDEV`).
        """
        queue: ListenQueue = with_number(self, listen_queue, syn_received)
        return queue

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse to be pickled, except by multiprocessing, which can.

        multiprocessing knows the standard class by its exact type only.
        """
        caller = _getframe(1).f_globals.get("__name__")
        if caller == "multiprocessing.reduction":
            reduction = modules["multiprocessing.reduction"]
            return reduction._reduce_socket(self)
        return super().__reduce_ex__(protocol)


socket._pysock_makes = socket
