"""What `pysock.raw` gives: a function for each system call."""

from __future__ import annotations

import os
import stat
from errno import (
    EAGAIN,
    EALREADY,
    EBADF,
    EINPROGRESS,
    EINVAL,
    ENOPROTOOPT,
    ENOTSOCK,
    EOPNOTSUPP,
)

from pysock.errors import SocketError, error_for
from pysock.raw import calls
from pysock.raw.calls import ERROR as ERROR
from pysock.raw.calls import HANGUP as HANGUP
from pysock.raw.calls import READABLE as READABLE
from pysock.raw.calls import WRITABLE as WRITABLE
from pysock.raw.calls import lib
from pysock.raw.ended import transfer_failure
from pysock.raw.evidence import (
    connect_failure,
    local_address_of,
    tcp_info_of,
)
from pysock.tcp.info import TcpInfo
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NOT_TCP = (EOPNOTSUPP, ENOPROTOOPT, ENOTSOCK)


def connect(fd: int, address: tuple[Any, ...]) -> None:
    """Connect, connect(2). Blocks as the descriptor does.

    Args:
        fd: a TCP socket.
        address: `(host, port)`, for IPv6 also `(host, port, flowinfo,
            scope_id)`; the host numeric.

    Raises:
        ConnectInProgressError: non-blocking, and under way (`EINPROGRESS`).
        ConnectAlreadyError: an earlier attempt still is (`EALREADY`).
        ConnectError: it failed; see rows 1 to 10 of the catalogue. On a
            blocking descriptor the kernel has reset TCP_INFO by then.
        InterruptedError: a signal came in a blocking attempt, which goes on
            (`EINTR`); a second call waits for its end.
        ValueError: the address is not numeric.
    """
    host = str(address[0]) if address else ""
    family = calls.AF_INET6 if ":" in host else calls.AF_INET
    target = calls.parse_address(family, address)
    if target is None:
        raise ValueError(f"not a numeric address and port: {address!r}")
    result = lib.pysock_connect(fd, target)
    if result == 0:
        return
    if result in (-EINPROGRESS, -EALREADY):
        raise error_for("connect", -result, address=calls.to_tuple(target))
    if result in (-EBADF, -ENOTSOCK):
        raise error_for("connect", -result)
    raise connect_failure(
        fd,
        -result,
        address=calls.to_tuple(target),
        # A blocking descriptor does not tell whether it waited.
        at_once=None if os.get_blocking(fd) else True,
    )


def disconnect(fd: int) -> None:
    """End an attempt, connect(2) to AF_UNSPEC; the socket can be reused.

    Never blocks. An established connection is reset.

    Raises:
        SocketError: the kernel refused, with its errno.
    """
    _check("connect", lib.pysock_disconnect(fd))


def wait(fd: int, events: int, timeout: float | None = None) -> int:
    """Wait until a descriptor is ready, poll(2).

    Args:
        fd: an open descriptor.
        events: `READABLE`, `WRITABLE`, or both.
        timeout: seconds; 0 only looks, `None` waits for ever.

    Returns:
        the events that are ready, `ERROR` and `HANGUP` among them unasked;
        0 when the time is up.

    Raises:
        InterruptedError: a signal came (`EINTR`); how much time is left is
            the caller's to know.
        ValueError: the timeout is negative, no number, or beyond all bounds.
    """
    calls.check_timeout(timeout)
    if timeout is None:
        milliseconds = -1
    else:
        milliseconds = min(int(-(-timeout * 1000 // 1)), 2**31 - 1)
    return _check("wait", lib.pysock_wait(fd, events, milliseconds))


def accept(fd: int) -> tuple[int, tuple[Any, ...] | None]:
    """Take one connection from a listener's queue, accept4(2).

    Blocks as the descriptor does.

    Returns:
        the new descriptor (blocking, close-on-exec), and the peer's address;
        `None` for a family that is not IP.

    Raises:
        AcceptWouldBlockError: non-blocking and the queue is empty (`EAGAIN`).
        DescriptorLimitError: no descriptor left (`EMFILE`, `ENFILE`); the
            connection stays queued.
        AcceptError: other errnos; rows 16 to 19 of the catalogue.
        InterruptedError: a signal came (`EINTR`); nothing is lost.
    """
    peer = calls.new_address()
    accepted = lib.pysock_accept(fd, -1, peer)
    if accepted == -EAGAIN:
        raise error_for("accept", EAGAIN)
    if accepted < 0:
        raise error_for(
            "accept", -accepted, local_address=local_address_of(fd)
        )
    return accepted, calls.to_tuple(peer)


def shutdown(fd: int, how: int) -> None:
    """Shut one direction or both, shutdown(2): SHUT_RD, SHUT_WR, SHUT_RDWR.

    SHUT_WR sends the FIN at once; what the peer still says can be read.

    Raises:
        NotConnectedError: not connected (`ENOTCONN`).
        SocketError: `how` is none of the three (`EINVAL`).
    """
    _check("shutdown", lib.pysock_shutdown(fd, how))


def close(fd: int) -> None:
    """Close a descriptor, close(2), once: it is gone whatever is raised.

    The FIN goes out when the last descriptor of the socket is closed. Blocks
    only with SO_LINGER.

    Raises:
        SocketError: the kernel's errno (`EIO`, `EINTR`).
    """
    _check("close", lib.pysock_close(fd))


def close_with_reset(fd: int) -> None:
    """Close with a RST: SO_LINGER {1, 0} and close(2). Never blocks."""
    _check("close", lib.pysock_close_with_reset(fd))


def take_error(fd: int) -> SocketError | None:
    """Take the pending error, SO_ERROR. Reading clears it.

    Returns:
        the typed exception with its evidence, or `None` when nothing is
        pending. For a connect that failed it is what `connect` would have
        raised.

    Raises:
        SocketError: the question itself failed (`EBADF`, `ENOTSOCK`).
    """
    pending = _check("take_error", lib.pysock_take_error(fd))
    if pending == 0:
        return None
    info = tcp_info_of(fd)
    if info is not None and not info.was_established:
        return connect_failure(fd, pending, address=None, at_once=False)
    # "send" knows every errno that "recv" knows, and EPIPE.
    error = transfer_failure(fd, "send", pending)
    error.call = "take_error"
    return error


def error_queue(fd: int) -> list[dict[str, Any]]:
    """Drain the error queue, recvmsg(2) with MSG_ERRQUEUE. Never blocks.

    Returns:
        a dict for each message: `errno`, `origin` (1 local, 2 ICMP, 3
        ICMPv6), `type`, `code`, `offender` (numeric host or `None`).

    After a failed connect it names the router behind an ICMP error: on IPv4
    with no option set, on IPv6 after IPV6_RECVERR (Linux 6.18).
    """
    messages = []
    while (message := calls.read_icmp(fd)) is not None:
        offender = calls.to_tuple(message.offender)
        messages.append(
            {
                "errno": message.error,
                "origin": message.origin,
                "type": message.type,
                "code": message.code,
                "offender": offender[0] if offender else None,
            }
        )
    return messages


def getsockname(fd: int) -> tuple[Any, ...]:
    """This end's address, getsockname(2)."""
    return _address("getsockname", lib.pysock_local_address, fd)


def getpeername(fd: int) -> tuple[Any, ...]:
    """The peer's address as the kernel remembers it, SO_PEERNAME.

    Unlike getpeername(2) it also answers after a reset and while a connect is
    under way.

    Raises:
        NotConnectedError: there never was a peer (`ENOTCONN`).
    """
    return _address("getpeername", lib.pysock_peer_address, fd)


def tcp_info(fd: int) -> TcpInfo:
    """Read TCP_INFO. Never blocks; 0.6 us in the kernel.

    Raises:
        ClosedSocketError: the descriptor is not open (`EBADF`).
        NotTcpError: it is something else (`EOPNOTSUPP`, `ENOPROTOOPT`,
            `ENOTSOCK`); the text says what.
    """
    return reading("tcp_info", fd)


def tcp_state(fd: int) -> TcpState:
    """Read the TCP state: the first byte of TCP_INFO; raises as there."""
    state = reading("tcp_state", fd).state
    if state is None:
        raise error_for("tcp_state", EINVAL)
    return state


def reading(call: str, fd: int) -> TcpInfo:
    """Read TCP_INFO for a call, whose name a failure carries."""
    raw = calls.read_tcp_info(fd)
    if isinstance(raw, int):
        raise _no_tcp_info(call, fd, -raw)
    return TcpInfo(raw)


def _no_tcp_info(call: str, fd: int, number: int) -> SocketError:
    text = os.strerror(number)
    if number in _NOT_TCP:
        text = f"{text} (fd {fd} is {what_is(fd)}, not TCP)"
    elif number == EBADF and fd >= 0:
        text = f"{text} (fd {fd} is not open)"
    return error_for(call, number, args=(number, text))


def what_is(fd: int) -> str:
    """Name what a descriptor is, for an error's text."""
    from socket import SOL_SOCKET, AddressFamily, SocketKind

    so_domain, so_type = 39, 3
    kinds = []
    value = calls.ffi.new("int *")
    for option, names in ((so_domain, AddressFamily), (so_type, SocketKind)):
        if lib.pysock_get_option(fd, SOL_SOCKET, option, value) == 0:
            try:
                kinds.append(names(value[0]).name)
            except ValueError:
                kinds.append(str(value[0]))
    if kinds:
        return f"an {' '.join(kinds)} socket"
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return "not open"
    for test, name in (
        (stat.S_ISREG, "a file"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISCHR, "a character device"),
        (stat.S_ISBLK, "a block device"),
    ):
        if test(mode):
            return name
    return "no socket"


def _address(call: str, read: Any, fd: int) -> tuple[Any, ...]:
    address = calls.new_address()
    _check(call, read(fd, address))
    found = calls.to_tuple(address)
    if found is None:
        raise error_for(call, EOPNOTSUPP)
    return found


def _check(call: str, result: int) -> int:
    if result < 0:
        raise error_for(call, -result)
    return result


# They are public under the package's name.
for _thing in list(vars().values()):
    if getattr(_thing, "__module__", None) == __name__:
        _thing.__module__ = "pysock.raw"
del _thing
