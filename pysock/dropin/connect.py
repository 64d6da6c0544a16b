"""connect and its relatives: connect_ex, take_error.

The interpreter's own method connects; what is behind a failure is read
afterwards. A blocking connect that failed keeps the error queue, the number
of its SYNs and whether a segment came (Linux 6.18), so nothing else is needed.
"""

from __future__ import annotations

import _socket
import time
from errno import EAGAIN, EALREADY, EINPROGRESS

from pysock.dropin.transfer import TransferSocket
from pysock.dropin.typed import by_handler
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.dropin.funnel import failure_of
    from pysock.dropin.kinds import is_tcp
    from pysock.dropin.memory import recall, remember
    from pysock.dropin.taking import take_error
    from pysock.errors import SocketError
else:
    late(
        globals(),
        "dropin.funnel.failure_of",
        "dropin.kinds.is_tcp",
        "dropin.memory.recall",
        "dropin.memory.remember",
        "dropin.taking.take_error",
    )

_monotonic = time.monotonic
_connect = _socket.socket.connect
_connect_ex = _socket.socket.connect_ex
_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
_getsockopt = _socket.socket.getsockopt
_setsockopt = _socket.socket.setsockopt
# The C member: the property of the standard class makes an enum of it.
_family = _socket.socket.family.__get__

_AF_INET6 = _socket.AF_INET6
_RECVERR = (_socket.IPPROTO_IPV6, 25)  # IPV6_RECVERR
_UNDER_WAY = frozenset({EINPROGRESS, EALREADY, EAGAIN})


class ConnectSocket(TransferSocket):
    """The part of class socket that connects."""

    __slots__ = ()

    # When a connect began that is under way, a time of `time.monotonic()`;
    # unset before the first such one.
    _pysock_began: float | None

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
        asking = False
        started = _monotonic()
        try:
            if _family(self) == _AF_INET6 and _wants_icmp(self, address):
                asking = True
                _setsockopt(self, *_RECVERR, 1)
            return _connect(self, address)
        except OSError as exc:
            if by_handler(exc):
                raise
            failure = failure_of(
                self, "connect", exc, address=address, started=started
            )
            if failure is None:
                raise
        finally:
            if asking:
                _stop_asking(self)
        try:
            raise failure
        finally:
            del failure  # a cycle: its traceback has this frame

    def connect_ex(self, address: Any, /) -> int:
        """Connect, and return the errno instead of raising it; 0 is success.

        A timeout gives `EAGAIN`, as in the standard module.

        Raises:
            ResolveError: the host name does not resolve.
            TypeError: the address is none; also `OverflowError`.
        """
        started = _monotonic()
        try:
            number = _connect_ex(self, address)
        except OSError as exc:
            if by_handler(exc):
                raise
            failure = failure_of(self, "connect", exc, address=address)
            if failure is None:
                raise
        else:
            if number:
                _connect_ex_said(self, number, started)
            return number
        try:
            raise failure
        finally:
            del failure

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
        return take_error(self)


def _connect_ex_said(sock: Any, number: int, started: float) -> None:
    """Remember since when a connect is under way, or that it is over."""
    if number not in _UNDER_WAY:
        if recall(sock, "_pysock_began") is not None:
            remember(sock, "_pysock_began", None)
    elif recall(sock, "_pysock_began") is None:
        remember(sock, "_pysock_began", started)


def _wants_icmp(sock: Any, address: Any) -> bool:
    """Whether IPV6_RECVERR is to be on while a connect blocks.

    IPv6 keeps an ICMP message, and with it the router's name, only then.
    Not with a timeout: there it would make a soft error final. Not to this
    machine itself; and a name is looked up by the connect, nobody knows yet
    where it leads.
    """
    if _gettimeout(sock) is not None or not is_tcp(sock):
        return False
    host = address[0] if type(address) is tuple and address else None
    if type(host) is not str or ":" not in host:
        return False
    if host in ("::", "::1") or host.startswith("::ffff:"):
        return False
    try:
        return _getsockopt(sock, *_RECVERR) == 0
    except OSError as exc:
        if by_handler(exc):
            raise
        return False


def _stop_asking(sock: Any) -> None:
    """Put IPV6_RECVERR back, which also empties the error queue.

    On an established connection it would turn soft errors into hard ones.
    """
    try:
        _setsockopt(sock, *_RECVERR, 0)
    except OSError as exc:
        if by_handler(exc):
            raise
        # Closed meanwhile, by another thread.
