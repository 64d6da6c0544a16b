"""Where a SYN dies: the way of a connect, hop by hop, without privileges.

A non-blocking connect whose packets may pass only n routers (IP_TTL,
IPV6_UNICAST_HOPS) ends at the n-th: that router says so in an ICMP message,
which the kernel keeps in the socket's own error queue. So it is the real
thing that is followed, to the real port, through the same firewalls; nothing
but ordinary sockets is used.
"""

from __future__ import annotations

import select
import time
from _socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_UNICAST_HOPS,
    SO_ERROR,
    SOCK_NONBLOCK,
    SOCK_STREAM,
    SOL_SOCKET,
    socket,
)
from errno import ECONNREFUSED, ECONNRESET

from pysock import raw
from pysock.errors import ConnectInProgressError
from pysock.tcp.record import Record
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# <linux/in.h>, <linux/in6.h>; the standard module lacks the first two.
_IP_TTL, _IP_RECVERR, _IPV6_RECVERR = 2, 11, 25

# Hops that are asked at once. A target that is nearer is asked by all that
# are left of them, so few.
_WAVE = 4
# The kernel sends a SYN again after one second; whoever asks in vain for the
# Ethernet address of the next machine says so after three.
PATIENCE = 3.5
# Where nobody has answered in so many waves, and the target does not answer
# either, there is nobody more to be heard.
_SILENT_WAVES = 2
_LEAST_WAIT_MS = 1

# Time exceeded, which is what a router says at the end of the hops.
_EXPIRED = {AF_INET: 11, AF_INET6: 3}


class Answer(Record):
    """Who answered one SYN, and how.

    Attributes:
        kind: `"expired"` (a router: the hops are used up), `"syn-ack"`,
            `"rst"`, or `"icmp"` (somebody refuses).
        host: numeric address of who sent it; `None` if the kernel did not
            keep it.
        elapsed: seconds since the connect began; above one second it is the
            answer to a SYN that was sent again.
        icmp_type: of the message; `None` if it was none.
        icmp_code: likewise.
    """

    kind: str
    host: str | None
    elapsed: float
    icmp_type: int | None
    icmp_code: int | None


class Hop(Record):
    """What came back from one distance.

    Attributes:
        distance: routers that the SYN was allowed to reach; `None` for the
            one that was not restricted.
        answers: one for each SYN that was answered.
        tries: connects that were begun.
    """

    distance: int | None
    answers: tuple[Answer, ...]
    tries: int

    @property
    def end(self) -> Answer | None:
        """An answer that no router on the way gives, if there is one."""
        for answer in self.answers:
            if answer.kind != "expired":
                return answer
        return None

    def as_dict(self) -> dict[str, Any]:
        """The attributes by name, ready for JSON."""
        return {
            "distance": self.distance,
            "tries": self.tries,
            "answers": [answer._asdict() for answer in self.answers],
        }


def trace(
    address: tuple[Any, ...],
    *,
    most: int = 30,
    tries: int = 2,
    timeout: float = PATIENCE,
) -> Iterator[Hop]:
    """Follow a connect to where it ends.

    Args:
        address: numeric, with a port; as `getaddrinfo` gives it.
        most: hops after which it gives up.
        tries: connects for each hop; each has a port of its own, so that
            routers that share the load between several ways may choose
            another one for each.
        timeout: seconds that a hop has to answer.

    Yields:
        first what an unrestricted connect met, then each hop by its
        distance, up to the one where the target answered or somebody
        refused. Where nothing answers any more, the last ones are silent.

    Raises:
        ConnectError: this machine sends no SYN there (`ENETUNREACH`,
            `EHOSTUNREACH`, `EACCES`, `EINVAL`, `EADDRNOTAVAIL`).
        ValueError: the address is not numeric.

    A target that answers sees connections that are closed again at once: one
    for the first, and `tries` for each of the hops asked together with its
    own. Signals are handled while it waits.
    """
    yield (direct := _ask(address, [None], tries=1, timeout=timeout)[0])
    silent = 0
    for first in range(1, most + 1, _WAVE):
        distances = list(range(first, min(first + _WAVE, most + 1)))
        hops = _ask(address, distances, tries=tries, timeout=timeout)
        for hop in hops:
            yield hop
            if hop.end is not None:
                return
        silent = 0 if any(hop.answers for hop in hops) else silent + 1
        if silent == _SILENT_WAVES and not direct.answers:
            return


class _Probe:
    """One connect of a limited reach."""

    def __init__(self, address: tuple[Any, ...], reach: int | None) -> None:
        self.reach = reach
        self.target: str = address[0]
        self.family = AF_INET6 if ":" in self.target else AF_INET
        self.answer: Answer | None = None
        self.socket = socket(self.family, SOCK_STREAM | SOCK_NONBLOCK)
        try:
            self._restrict(reach)
            self.started = time.monotonic()
            self._connect(address)
        except BaseException:
            self.socket.close()
            raise

    def _restrict(self, reach: int | None) -> None:
        level, ttl, errors = IPPROTO_IP, _IP_TTL, _IP_RECVERR
        if self.family == AF_INET6:
            level, ttl, errors = (
                IPPROTO_IPV6,
                IPV6_UNICAST_HOPS,
                _IPV6_RECVERR,
            )
        self.socket.setsockopt(level, errors, 1)
        if reach is not None:
            self.socket.setsockopt(level, ttl, reach)

    def _connect(self, address: tuple[Any, ...]) -> None:
        try:
            raw.connect(self.socket.fileno(), address)
        except ConnectInProgressError:
            return

    def read(self) -> bool:
        """Read what came; whether there is an answer."""
        elapsed = time.monotonic() - self.started
        messages = raw.error_queue(self.socket.fileno())
        if messages:
            said = messages[0]
            expired = said["type"] == _EXPIRED[self.family]
            kind = "expired" if expired else "icmp"
            where = said["offender"], elapsed, said["type"], said["code"]
            self.answer = Answer(kind, *where)
            return True
        number = self.socket.getsockopt(SOL_SOCKET, SO_ERROR)
        if number == 0:
            if raw.tcp_state(self.socket.fileno()) is TcpState.SYN_SENT:
                return False
            self.answer = Answer("syn-ack", self.target, elapsed, None, None)
        elif number in (ECONNREFUSED, ECONNRESET):
            self.answer = Answer("rst", self.target, elapsed, None, None)
        # Any other errno is no answer: a timer of the kernel ran out.
        return True


def _ask(
    address: tuple[Any, ...],
    distances: list[Any],
    *,
    tries: int,
    timeout: float,
) -> list[Hop]:
    """Ask some distances at once."""
    probes: list[_Probe] = []
    try:
        for reach in distances:
            for _ in range(tries):
                probes.append(_Probe(address, reach))
        _collect(probes, timeout)
    finally:
        for probe in probes:
            probe.socket.close()
    return [
        Hop(
            reach,
            tuple(
                probe.answer
                for probe in probes
                if probe.reach == reach and probe.answer is not None
            ),
            tries,
        )
        for reach in distances
    ]


def _collect(probes: list[_Probe], timeout: float) -> None:
    waiting = {probe.socket.fileno(): probe for probe in probes}
    poll = select.poll()
    for fd in waiting:
        poll.register(fd, select.POLLOUT)
    deadline = time.monotonic() + timeout
    while waiting:
        left = int((deadline - time.monotonic()) * 1000)
        if left < _LEAST_WAIT_MS:
            return
        for fd, _ in poll.poll(left):
            if waiting[fd].read():
                poll.unregister(fd)
                del waiting[fd]
