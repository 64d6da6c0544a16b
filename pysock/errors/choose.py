"""From a failed call to its exception: the one funnel."""

from __future__ import annotations

import errno
import os

from pysock.errors import tree as tree
from pysock.errors.base import SocketError, variant
from pysock.errors.kinds_of_call import SEND, TRANSFER
from pysock.errors.origin import Origin
from pysock.errors.rows import ROWS
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.tcp.info import TcpInfo

# Text of the standard module when the socket's own timeout ran out; its
# exception has no errno.
TIMED_OUT = ("timed out",)

# What raises when no row of the catalogue has the errno.
_GROUPS: dict[str, type[SocketError]] = {
    "connect": tree.ConnectError,
    "bind": tree.BindError,
    "listen": tree.BindError,
    "accept": tree.AcceptError,
    **dict.fromkeys(TRANSFER, tree.TransferError),
}

# Rows that say the same errno of the same call in another situation; the
# evidence, not the errno, chooses them.
_BY_EVIDENCE = frozenset(
    {
        tree.TransferTimeoutError,
        tree.WriteAfterShutdownError,
        tree.PeerClosedError,
        tree.ReadAfterEndError,
        tree.UnixConnectError,
        tree.ResolveError,
    }
)
_BY_CALL: dict[tuple[str, int], type[SocketError]] = {
    (call, number): kind
    for _, calls, numbers, kind, _ in ROWS
    if kind not in _BY_EVIDENCE
    for call in calls
    for number in numbers
}
_DEADLINE: dict[str, type[SocketError]] = {
    "connect": tree.ConnectTimeoutError,
    "accept": tree.AcceptTimeoutError,
    **dict.fromkeys(TRANSFER, tree.TransferTimeoutError),
}


def _only_origins() -> dict[tuple[type[SocketError], int | None], Origin]:
    """Origins of classes, with an errno or any, whose rows leave no other."""
    kinds: dict[tuple[type[SocketError], int | None], set[Any]] = {}
    for _, _, numbers, kind, origins in ROWS:
        for number in (*numbers, None):
            kinds.setdefault((kind, number), set()).add(origins)
    return {
        key: Origin(*origins)
        for key, [origins, *others] in ((k, list(v)) for k, v in kinds.items())
        if len(origins) == 1 and not others
    }


_ORIGIN = _only_origins()
_FIN_SENT = frozenset(
    {
        TcpState.FIN_WAIT1,
        TcpState.FIN_WAIT2,
        TcpState.CLOSING,
        TcpState.LAST_ACK,
    }
)
# What ends a connection and an attempt at one alike, without a row of connect.
_ENDS_BOTH = frozenset({errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE})
_DEADLINE_ORIGIN = Origin("deadline")


# What error_for() has found; as many as there are failures.
_full_classes: dict[
    tuple[type[SocketError] | None, str, int], type[SocketError]
] = {}


def class_for(call: str, number: int) -> type[SocketError]:
    """Look up the class for an errno of a call.

    Args:
        call: a socket method's name.
        number: the errno.

    Returns:
        the class of the catalogue's row; without a row the base of the
        call's group. Always a class that inherits the builtin which
        `OSError(number, ...)` would be.
    """
    return with_builtin(_row_class(call, number), call, number)


def _row_class(call: str, number: int) -> type[SocketError]:
    return (
        _BY_CALL.get((call, number))
        or _BY_CALL.get(("any", number))
        or _GROUPS.get(call, SocketError)
    )


def with_builtin(
    kind: type[SocketError], call: str, number: int
) -> type[SocketError]:
    """Make sure that old `except` lines, and the group's, catch it."""
    other: type[BaseException] = type(OSError(number, ""))
    if call == "connect" and kind is tree.AddressUnavailableError:
        other = tree.ConnectError
    return variant(kind, other)


def deadline_error(
    call: str,
    *,
    args: tuple[Any, ...] = TIMED_OUT,
    elapsed: float | None = None,
    **carried: Any,
) -> SocketError:
    """Make the exception for a socket's own timeout.

    `args` is the standard module's, `('timed out',)`, or what TLS says; the
    errno, which the standard module leaves at `None`, is `ETIMEDOUT`.
    """
    kind = _DEADLINE.get(call) or variant(SocketError, TimeoutError)
    error = error_for(
        call,
        errno.ETIMEDOUT,
        args=args,
        kind=kind,
        origin=_DEADLINE_ORIGIN,
        elapsed=elapsed,
        **carried,
    )
    error.errno = errno.ETIMEDOUT
    return error


def error_for(
    call: str,
    number: int,
    *,
    args: tuple[Any, ...] | None = None,
    kind: type[SocketError] | None = None,
    origin: Origin | None = None,
    elapsed: float | None = None,
    address: Any = None,
    local_address: tuple[Any, ...] | None = None,
    tcp_info: TcpInfo | None = None,
) -> SocketError:
    """Make the exception for a failed call.

    Args:
        call: the socket method's name.
        number: the errno.
        args: the standard module's `args`, if they are known to be other
            than `(number, os.strerror(number))`.
        kind: the class, where evidence chose it.
        origin: who said no; from the catalogue if not given.
        elapsed: seconds that the call took.
        address: the peer: a tuple, the path of a UNIX socket, or `None`.
        local_address: this end.
        tcp_info: a reading taken at the failure.
    """
    key = (kind, call, number)
    full = _full_classes.get(key)
    if full is None:
        row = kind or _row_class(call, number)
        full = _full_classes[key] = with_builtin(row, call, number)
    if origin is None:
        # The class may be one that evidence chose, without a row's errno.
        row = kind or _row_class(call, number)
        origin = _ORIGIN.get((row, number)) or _ORIGIN.get((row, None))
    error = full(*(args or (number, os.strerror(number))))
    # The slot behind `call`: setting a property takes twice as long.
    error._call = call
    error.origin = origin
    error.elapsed = elapsed
    error.address = address
    error.local_address = local_address
    error.tcp_info = tcp_info
    return error


def transfer_class(
    call: str,
    number: int,
    info: TcpInfo | None,
    *,
    has_peer: bool,
    sent_fin: bool,
) -> type[SocketError] | None:
    """Choose where the errno of a transfer does not tell the cause.

    Args:
        call: the socket method's name.
        number: the errno.
        info: a reading taken after the failure; `None` where a sandbox
            denies it, or another thread has closed the socket.
        has_peer: whether the kernel remembers a peer.
        sent_fin: whether this program shut the write half down.

    Returns:
        the class, or `None` to leave it to the errno.
    """
    if info is None and not sent_fin and _may_be_of_a_connect(call, number):
        # Nobody can tell whether there ever was a connection.
        return tree.TransferError
    if number == errno.EPIPE and call in SEND:
        # The state knows of a shutdown through another descriptor.
        if sent_fin or (info is not None and info.state in _FIN_SENT):
            return tree.WriteAfterShutdownError
        failed = info is not None and not info.was_established
        if not has_peer or failed:
            return tree.NotConnectedError
        return tree.BrokenConnectionError
    if is_of_a_connect(call, number, info) and (has_peer or call in SEND):
        # A non-blocking connect that failed, noticed by a read or write; or
        # one that a write has begun itself (MSG_FASTOPEN).
        return _BY_CALL.get(("connect", number))
    if number == errno.EOPNOTSUPP and not is_dead(info):
        # A flag that this socket does not know; nobody is unreachable.
        return tree.TransferError
    return None


def is_of_a_connect(call: str, number: int, info: TcpInfo | None) -> bool:
    """Whether a read or write has met the end of a connect that failed."""
    return (
        call in TRANSFER
        and number != errno.EINVAL
        and info is not None
        and not info.was_established
    )


def _may_be_of_a_connect(call: str, number: int) -> bool:
    return (
        call in TRANSFER
        and number != errno.EINVAL
        and (number in _ENDS_BOTH or ("connect", number) in _BY_CALL)
    )


def is_dead(info: TcpInfo | None) -> bool:
    """Whether a connection was up and the kernel has ended it."""
    return (
        info is not None
        and info.was_established
        and info.state is TcpState.CLOSE
    )
