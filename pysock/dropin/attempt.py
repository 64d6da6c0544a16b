"""connect: start without blocking, wait through signals, read the verdict.

A blocking connect(2) that fails resets TCP_INFO before it returns: that three
SYNs were sent and none answered is only known to one who starts without
blocking and waits. So that is done whatever the socket's timeout is, and the
descriptor's mode is put back.
"""

from __future__ import annotations

import _socket
import time
from errno import EALREADY, EBADF, EINPROGRESS, EISCONN
from operator import index

from pysock.raw.calls import (
    AF_INET6,
    ASKING,
    ERROR,
    HANGUP,
    WRITABLE,
    lib,
    parse_address,
    read_icmp,
    read_tcp_info,
    wait_until,
)
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.raw.calls import CData

_fileno = _socket.socket.fileno
_IPPROTO_IPV6, _IPV6_RECVERR = 41, 25

# Hosts that the standard module gives a meaning of its own.
_SPECIAL_HOSTS = {"": "0.0.0.0", "<broadcast>": "255.255.255.255"}

DEADLINE = -1  # the caller's timeout ran out; no errno is negative


def resolve(family: int, address: Any) -> CData | None:
    """Turn what `connect` was given into C's form of an address.

    A name is resolved as in the standard module: the first answer of
    `getaddrinfo` for the socket's family. May block for that.

    Returns:
        the address, or `None` for what only the standard module can judge.

    Raises:
        gaierror: the name does not resolve.
    """
    target = parse_address(family, address)
    if target is not None:
        return target
    plain = _plain(address)
    if plain is None:
        return None
    host, *rest = plain
    numeric: Any
    if host in _SPECIAL_HOSTS and family != AF_INET6:
        numeric = _SPECIAL_HOSTS[host]
    elif host == "":
        numeric = "::"
    # Do not resolve for an address that is wrong in another way.
    elif (
        host in _SPECIAL_HOSTS
        or parse_address(family, (_any_host(family), *rest)) is None
    ):
        return None
    else:
        try:
            # ASCII as it is: the codec refuses names that the resolver is
            # to judge.
            name = host.encode("ascii" if host.isascii() else "idna")
        except UnicodeError:
            return None
        numeric = _socket.getaddrinfo(name, None, family)[0][4][0]
    return parse_address(family, (numeric, *rest))


def _plain(address: Any) -> tuple[Any, ...] | None:
    """The other forms that the standard module takes: (str, int, ...)."""
    if not isinstance(address, tuple) or len(address) < 2:
        return None
    host, port, *rest = address
    if isinstance(host, (bytes, bytearray)) and host.isascii():
        host = host.decode()
    if not isinstance(host, str) or "\0" in host:
        return None
    try:
        return (str(host), index(port), *rest)
    except TypeError:
        return None


def _any_host(family: int) -> str:
    return "::" if family == AF_INET6 else "0.0.0.0"


class Attempt:
    """One connect of one socket, from the first SYN to its verdict."""

    __slots__ = ("asking", "at_once", "fd", "number", "started", "target")

    def __init__(
        self, fd: int, target: CData, started: float, result: int
    ) -> None:
        self.fd = fd
        self.target = target
        self.started = started
        # Whether IPV6_RECVERR is on for this attempt only. IPv6 names the
        # sender of an ICMP error only then; see pysock_connect_start.
        self.asking = result == ASKING
        # What connect(2) said, an errno; later the verdict, 0 for success.
        number = EINPROGRESS if self.asking else -result
        self.number = number
        # Whether the kernel refused before any packet was answered.
        self.at_once = number not in (EINPROGRESS, EALREADY)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def wait(self, timeout: float | None, sock: Any) -> None:
        """Wait for the end and leave the verdict in `number`.

        0: connected. `DEADLINE`: the timeout ran out and the attempt goes
        on. Else an errno: whoever wants evidence reads it before
        `stop_asking()` and `settle()`; `EBADF` if another thread has closed
        `sock` meanwhile.
        """
        ready = self._wait_for_answer(timeout, sock)
        if _fileno(sock) != self.fd:
            # The number may be somebody else's by now: hands off.
            self.number = EBADF
            self.asking = False
        elif ready < 0:
            self.number = -ready
        elif ready == 0:
            self.number = DEADLINE
        elif ready & (ERROR | HANGUP):
            self.number = lib.pysock_take_error(self.fd)
            if self.number == 0 and self._still_trying():
                self.wait(timeout, sock)
        else:
            self.number = 0

    def _still_trying(self) -> bool:
        """Whether the wait ended for an ICMP message and nothing else.

        Somebody else took the soft error that came with it. The message is
        thrown away, or the next wait would end for it again.
        """
        info = read_tcp_info(self.fd)
        if isinstance(info, int) or info[0] != TcpState.SYN_SENT:
            return False
        return read_icmp(self.fd) is not None

    def _wait_for_answer(self, timeout: float | None, sock: Any) -> int:
        """Wait; after a failure the error queue is there to be read."""
        deadline = None if timeout is None else self.started + timeout
        ready = 0
        try:
            ready = wait_until(self.fd, WRITABLE, deadline, sock)
        finally:
            if _fileno(sock) == self.fd and not (ready > 0 and ready & ERROR):
                self.stop_asking()
        return ready

    def stop_asking(self) -> None:
        """Clear IPV6_RECVERR, once the evidence has been read.

        On an established connection it would turn soft errors into hard
        ones.
        """
        if self.asking:
            self.asking = False
            lib.pysock_set_option(self.fd, _IPPROTO_IPV6, _IPV6_RECVERR, 0)

    def settle(self) -> None:
        """Bring a blocking socket to where a blocking connect leaves it.

        After success the kernel marks the socket connected at the next
        connect, not before, so that a later one is answered by EISCONN.
        After a failure that next connect resets the socket for another try;
        if it still says "under way" (a soft error while the SYN is being
        repeated) the attempt is ended.
        """
        again = lib.pysock_connect(self.fd, self.target)
        if self.number == 0:
            # Reset in the instant since the wait: the kernel forgets it now.
            self.number = 0 if again == -EISCONN else -again
        elif again == -EALREADY:
            lib.pysock_disconnect(self.fd)
