"""From the exception of the standard method to ours: the one funnel.

Both faces come through here, once per failure. It works for any socket of
the standard class, be it a subclass: what our own class remembers in slots is
kept beside for the others (`memory.py`). A would-block error and a connect
under way are not failures; they have their own way (`without_snapshot.py`).
"""

from __future__ import annotations

import _socket
import time
from errno import (
    EAGAIN,
    EALREADY,
    EBADF,
    ECONNABORTED,
    ECONNRESET,
    EINPROGRESS,
    EISCONN,
    ETIMEDOUT,
)
from operator import index
from socket import gaierror

from pysock.dropin.binding import bind_failure, listen_failure
from pysock.dropin.ended import judge_by_end_of_stream, remember_end
from pysock.dropin.kinds import is_tcp
from pysock.dropin.memory import recall, remember
from pysock.dropin.on_failure import report
from pysock.dropin.without_snapshot import (
    in_progress,
    nobody_waits,
    readable_host,
    unresolved,
    would_block,
)
from pysock.errors import ConnectError, deadline_error, error_for
from pysock.errors.handlers import by_handler, from_handler
from pysock.raw.calls import parse_address, to_tuple
from pysock.raw.conversation import note_conversation
from pysock.raw.ended import transfer_failure
from pysock.raw.evidence import NOT_LOADED, connect_failure, network_of
from pysock.raw.snapshot import of_transfer, snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError

_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
# The C member: the property of the standard class makes an enum of it.
_family = _socket.socket.family.__get__

_inet_pton = _socket.inet_pton
_IPV4 = _socket.AF_INET
# Whose timeout is explained by other sockets of the namespace.
_OTHERS_MATTER = ("connect", "accept")


def failure_of(
    sock: Any,
    call: str,
    exc: OSError,
    *,
    address: Any = None,
    flags: Any = 0,
    started: float | None = None,
    ended: float | None = None,
    as_told: Callable[[Any, SocketError], SocketError] | None = None,
) -> SocketError | None:
    """Make the typed exception that is about to be raised, and report it.

    As `unreported_failure_of`; who called `pysock.on_failure` hears of it,
    of what `as_told` makes of it where that is given.
    """
    error = unreported_failure_of(
        sock, call, exc, address=address, flags=flags,
        started=started, ended=ended,
    )  # fmt: skip
    if error is not None and as_told is not None:
        error = as_told(sock, error)
    return None if error is None else report(error)


def unreported_failure_of(
    sock: Any,
    call: str,
    exc: OSError,
    *,
    address: Any = None,
    flags: Any = 0,
    started: float | None = None,
    ended: float | None = None,
) -> SocketError | None:
    """Make the typed exception of a failure, with its snapshot; not raised.

    Args:
        sock: the socket, after the failure; `None` where it was TCP for
            certain and is closed again.
        call: the method's name, as `SocketError.call` has it.
        exc: what the standard method raised itself: an exception of a
            signal's handler is not to come here (`typed.by_handler`).
        address: what was given to `connect`, `bind` or `sendto`.
        flags: what was given to a read or write.
        started: a time of `time.monotonic()` at which the call began, in
            seconds; `None` if the clock was not read.
        ended: likewise, at which it failed; `None`: now. The first failure
            has to load this file, and that is not the call's time.

    Returns:
        the exception, or `None` where there is nothing to add: the socket is
        neither TCP nor a UNIX socket that could not be connected to, or the
        exception is not one of a system call.

    Never blocks. Raises nothing but what a signal's handler raises meanwhile:
    whatever fails in here leaves a plainer exception.
    """
    args, kind = exc.args, type(exc)
    if kind is gaierror:
        took = _seconds(started, ended)
        return unresolved(address[0] if address else None, args, took)
    if kind.__module__ != "builtins":
        return None  # typed already, or of TLS
    # TLS has other texts for it; none of them has an errno.
    timed_out = kind is TimeoutError and len(args) == 1
    if not timed_out and (len(args) != 2 or type(args[0]) is not int):
        return None
    number = ETIMEDOUT if timed_out else args[0]
    if number == EAGAIN and not timed_out and call != "connect":
        if call == "accept":
            return nobody_waits(sock)
        return would_block(sock, call, flags)
    if number == EBADF and sock is not None and _fileno(sock) == -1:
        there = numeric(sock, address) if call == "connect" else None
        return error_for(call, EBADF, args=args, address=there)
    if sock is not None and not is_tcp(sock):
        if call != "connect" or _family(sock) != _socket.AF_UNIX:
            return None
        return _unix_failure(args, address, _seconds(started, ended))
    if call == "connect" and number in (EINPROGRESS, EALREADY):
        there = numeric(sock, address) or address
        return in_progress(sock, number, there, started, ended)
    try:
        if call == "bind":
            return bind_failure(sock, args, address)
        fd = _fileno(sock)
        if call == "connect":
            error = _connect_failure(
                sock, args, timed_out, address, started, ended
            )
        elif call == "listen":
            error = listen_failure(sock, args)
        elif call == "accept":
            error = _accept_failure(sock, number, args, timed_out)
        else:
            error = _transfer_failure(sock, call, args, timed_out)
            if address is not None and isinstance(error, ConnectError):
                # The write has begun the connect (MSG_FASTOPEN).
                error.address = numeric(sock, address) or as_given(address)
        if timed_out and call in _OTHERS_MATTER:
            error._network = network_of(fd)
        if _fileno(sock) == fd:
            return error
        # Another thread has closed it meanwhile: what was read may be of
        # whoever has the number now.
    except Exception as problem:
        if from_handler(problem):
            raise
    if timed_out:
        return deadline_error(call, args=args)
    return error_for(call, number, args=args)


def _seconds(started: float | None, ended: float | None) -> float | None:
    """How long a call took; `None` if nobody looked when it began."""
    if started is None:
        return None
    return (time.monotonic() if ended is None else ended) - started


def _unix_failure(
    args: tuple[Any, ...], address: Any, took: float | None
) -> SocketError | None:
    """A UNIX socket's; who speaks TCP only does not load it."""
    try:
        from pysock.dropin.unix import unix_failure
    except NOT_LOADED as exc:
        if by_handler(exc):
            raise
        return None
    return unix_failure(args, address, took)


def numeric(sock: Any, address: Any) -> tuple[Any, ...] | None:
    """The address given to a call as the kernel writes it.

    `None` for a name, and for what is no address.
    """
    if _family(sock) == _IPV4 and type(address) is tuple:
        try:
            _inet_pton(_IPV4, address[0])
        except (OSError, TypeError, ValueError) as problem:
            if by_handler(problem):
                raise
            return None
        # Only the kernel's own way of writing it is taken.
        return (address[0], index(address[1]))
    target = parse_address(_family(sock), address)
    return None if target is None else to_tuple(target)


def _connect_failure(
    sock: Any,
    args: tuple[Any, ...],
    timed_out: bool,
    address: Any,
    started: float | None,
    ended: float | None,
) -> SocketError:
    fd, number = _fileno(sock), args[0]
    blocks = _gettimeout(sock) is None
    earlier: float | None = recall(sock, "_pysock_began")
    if earlier is not None and number != EISCONN:
        # A non-blocking attempt, of which this call has brought the verdict.
        started = earlier
    elapsed = _seconds(started, ended)
    if timed_out:
        # It goes on in the kernel, and a later call will say how it ended.
        remember(sock, "_pysock_began", started)
        info, peer, here = snapshot(fd)
        return deadline_error(
            "connect",
            args=args,
            elapsed=elapsed,
            address=numeric(sock, address) or peer,
            local_address=here,
            tcp_info=info,
        )
    there = numeric(sock, address)
    if there is None and number == EISCONN:
        there = as_given(address)  # the peer is another one
    # What only one family or errno asks for is looked up only then.
    again = False
    at_once = None if blocks else earlier is None
    if number == ECONNABORTED and earlier is not None:
        # Of a failed attempt whose errno was taken already.
        at_once = True
    if number != EISCONN and earlier is not None:
        remember(sock, "_pysock_began", None)
    if _family(sock) == _socket.AF_INET6:
        again = bool(recall(sock, "_pysock_failed", False))
        if number != EISCONN:
            remember(sock, "_pysock_failed", True)
    shut_here = number == ECONNRESET and recall(
        sock, "_pysock_sent_fin", False
    )
    error = connect_failure(
        fd,
        number,
        address=there,
        # Where the kernel keeps the peer, it was not.
        at_once=at_once,
        again=again,
        elapsed=elapsed,
        args=args,
        shut_here=bool(shut_here),
    )
    if error.address is None:
        # The kernel has let go of the peer: what was given is all there is.
        error.address = as_given(address)
    if earlier is not None:
        error._noticed = True
    return error


def as_given(address: Any) -> tuple[Any, ...]:
    """An address that was given to a call, fit to be shown."""
    host, port, *rest = address
    return (readable_host(host), index(port), *rest)


def _accept_failure(
    sock: Any, number: int, args: tuple[Any, ...], timed_out: bool
) -> SocketError:
    fd = _fileno(sock)
    info, _, here = snapshot(fd)
    if timed_out:
        return deadline_error(
            "accept",
            args=args,
            elapsed=_gettimeout(sock),
            local_address=here,
            tcp_info=info,
        )
    return error_for(
        "accept", number, args=args, local_address=here, tcp_info=info
    )


def _transfer_failure(
    sock: Any, call: str, args: tuple[Any, ...], timed_out: bool
) -> SocketError:
    fd = _fileno(sock)
    sent_fin = recall(sock, "_pysock_sent_fin", False)
    if timed_out:
        info, peer, here = of_transfer(fd)
        error = deadline_error(
            call,
            args=args,
            # The clock was not read; it took this long, and hardly more.
            elapsed=_gettimeout(sock),
            address=peer,
            local_address=here,
            tcp_info=info,
        )
        note_conversation(error, fd, sent_fin=sent_fin)
        judge_by_end_of_stream(sock, error)
        return error
    error = transfer_failure(fd, call, args[0], args=args, sent_fin=sent_fin)
    remember_end(sock, error)
    judge_by_end_of_stream(sock, error)
    return error
