"""connect and its relatives: connect_ex, take_error."""

from __future__ import annotations

import _socket
import sys
import time
from errno import EAGAIN, EALREADY, EBADF, ECONNABORTED, EINPROGRESS, EISCONN
from socket import gaierror

from pysock import raw
from pysock.dropin.attempt import DEADLINE, Attempt, resolve
from pysock.dropin.ended import remember_end
from pysock.dropin.transfer import TransferSocket
from pysock.dropin.typed import by_handler, failed, is_tcp, unresolved
from pysock.errors import (
    ConnectError,
    SocketError,
    deadline_error,
    error_for,
)
from pysock.raw.calls import lib, parse_address, to_tuple
from pysock.raw.evidence import (
    connect_failure,
    local_address_of,
    tcp_info_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.raw.calls import CData

_start = lib.pysock_connect_start
_audit = sys.audit
_monotonic = time.monotonic
_connect = _socket.socket.connect
_connect_ex = _socket.socket.connect_ex
_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
_settimeout = _socket.socket.settimeout
_family = _socket.socket.family.__get__

_CONNECTED = (0, None)


class ConnectSocket(TransferSocket):
    """The part of class socket that connects."""

    __slots__ = ()

    # The attempt of a non-blocking connect; unset before the first one.
    _attempt: Attempt | None

    def connect(self, address: Any, /) -> None:
        """Connect to an address, as the timeout says.

        Raises:
            ConnectRefusedError: a RST or an ICMP refusal (`ECONNREFUSED`).
            ConnectTimeoutError: no answer (`ETIMEDOUT`).
            HostUnreachableError: `EHOSTUNREACH`, `EHOSTDOWN`, `ENONET`.
            NetworkUnreachableError: `ENETUNREACH`, `ENETDOWN`.
            ConnectDeniedError: `EACCES`, `EPERM`.
            AddressUnavailableError: no port left (`EADDRNOTAVAIL`).
            ConnectInProgressError: non-blocking (`EINPROGRESS`); then
                `ConnectAlreadyError` (`EALREADY`) until it has ended.
            AlreadyConnectedError: `EISCONN`.
            ConnectError: any other errno.
            ResolveError: the host name does not resolve.
            ClosedSocketError: the socket is closed (`EBADF`).

        After a failed attempt on a blocking socket the socket can connect
        again. After a timeout the attempt goes on in the kernel.
        """
        error = self._connect(address, report=True)[1]
        if error is not None:
            try:
                raise error
            finally:
                del error  # a cycle: its traceback has this frame

    def connect_ex(self, address: Any, /) -> int:
        """Connect, and return the errno instead of raising it; 0 is success.

        A timeout gives `EAGAIN`, as in the standard module.

        Raises:
            ResolveError: the host name does not resolve.
            TypeError: the address is none; also `OverflowError`.
        """
        return self._connect(address, report=False)[0]

    def _connect(
        self, address: Any, *, report: bool
    ) -> tuple[int, SocketError | None]:
        """Connect; the errno, and the exception if it is asked for."""
        family = _family(self)
        target = parse_address(family, address)
        if target is None or not is_tcp(self):
            target = self._resolve(address) if is_tcp(self) else None
            if target is None:
                # Not TCP, or an address only the standard module can judge.
                if not report:
                    return self._connect_ex_standard(address), None
                self._connect_standard(address)
                return _CONNECTED
        _audit("socket.connect", self, address)
        fd, timeout = _fileno(self), _gettimeout(self)
        if timeout == 0:
            timeout = self.gettimeout()
            if timeout == 0:
                return self._connect_nonblocking(fd, target, report=report)
            # Was a listener, whose accept kept the timeout from C.
            _settimeout(self, timeout)
        started = _monotonic()
        blocking = timeout is None
        result = -EINPROGRESS
        # A signal handler may raise as soon as the C call is over.
        try:
            result = _start(fd, target, blocking)
            if result == 0:
                return _CONNECTED
            attempt = Attempt(fd, target, started, result)
            return self._connect_waiting(attempt, timeout, report=report)
        finally:
            # Another thread may have closed the socket, and the number may
            # be somebody else's by now.
            if blocking and result != 0 and _fileno(self) == fd:
                lib.pysock_set_nonblocking(fd, 0)

    def _resolve(self, address: Any) -> CData | None:
        try:
            return resolve(_family(self), address)
        except gaierror as exc:
            failure = exc.args
        raise unresolved(address[0], failure)

    def _connect_nonblocking(
        self, fd: int, target: CData, *, report: bool
    ) -> tuple[int, SocketError | None]:
        earlier: Attempt | None = getattr(self, "_attempt", None)
        # A connect that reports an earlier failure resets TCP_INFO.
        before = tcp_info_of(fd) if earlier is not None else None
        here = local_address_of(fd) if earlier is not None else None
        started = _monotonic()
        result = lib.pysock_connect(fd, target)
        attempt = Attempt(fd, target, started, result)
        number = attempt.number
        if number == EINPROGRESS:
            self._attempt = attempt
        elif number != EALREADY:
            self._attempt = None
        if number == 0 or not report:
            return number, None
        # EISCONN is about this call; the earlier attempt has succeeded.
        began = attempt if number == EISCONN else earlier or attempt
        elapsed = began.elapsed
        there = to_tuple(target)
        if number in (EINPROGRESS, EALREADY):
            return number, error_for(
                "connect", number, address=there, elapsed=elapsed
            )
        error = connect_failure(
            fd,
            number,
            address=there,
            at_once=earlier is None or number == ECONNABORTED,
            elapsed=elapsed,
            info=before,
        )
        if before is not None:
            error.local_address = here
        return number, error

    def _connect_waiting(
        self, attempt: Attempt, timeout: float | None, *, report: bool
    ) -> tuple[int, SocketError | None]:
        """Wait for the verdict, and find out what is behind a bad one."""
        fd, target, number = attempt.fd, attempt.target, attempt.number
        blocking = timeout is None
        waited = number == EINPROGRESS or (blocking and number == EALREADY)
        if waited:
            attempt.wait(timeout, self)
            number = attempt.number
            if number == EBADF:
                return EBADF, error_for(
                    "connect",
                    EBADF,
                    address=to_tuple(target),
                    elapsed=attempt.elapsed,
                )
        error = None
        if number == DEADLINE:
            number = EAGAIN
            if report:
                error = deadline_error(
                    "connect",
                    elapsed=attempt.elapsed,
                    address=to_tuple(target),
                    local_address=local_address_of(fd),
                    tcp_info=tcp_info_of(fd),
                )
        elif number != 0 and report:
            error = connect_failure(
                fd,
                number,
                address=to_tuple(target),
                at_once=attempt.at_once,
                elapsed=attempt.elapsed,
            )
        attempt.stop_asking()
        if waited and blocking:
            attempt.settle()
            if number == 0 and attempt.number != 0:
                number = attempt.number
                error = error_for("connect", number, address=to_tuple(target))
        return number, error

    def _connect_standard(self, address: Any) -> None:
        try:
            return _connect(self, address)
        except gaierror as exc:
            gai, failure = True, exc.args
        except OSError as exc:
            if by_handler(exc):
                raise
            gai, kind, failure = False, type(exc), exc.args
        if gai:
            raise unresolved(address[0], failure)
        raise failed(self, "connect", failure, kind)

    def _connect_ex_standard(self, address: Any) -> int:
        try:
            return _connect_ex(self, address)
        except gaierror as exc:
            failure = exc.args
        raise unresolved(address[0], failure)

    def take_error(self) -> SocketError | None:
        """Take the pending error (SO_ERROR); reading clears it.

        Returns:
            the typed exception, not raised, or `None` when nothing is
            pending. After a non-blocking connect, `None` from a writable
            socket means connected.

        Raises:
            ClosedSocketError: the socket is closed (`EBADF`).

        Never blocks.
        """
        error = raw.take_error(_fileno(self))
        if isinstance(error, ConnectError):
            attempt: Attempt | None = getattr(self, "_attempt", None)
            if attempt is not None:
                error.elapsed = attempt.elapsed
        elif error is not None:
            remember_end(self, error)
        return error
