"""Every failed connect of the catalogue, each made by one short object.

The name of a scenario begins with its row, so that `pytest -k row_6a` finds
it. `made` is how it is made, in words; docs/failures.md is written from them.
"""

import contextlib
import errno
import socket
from dataclasses import dataclass, field

from lab import place
from lab.replies import Script, icmp, rst, syn_ack
from pysock import errors, testing
from pysock.errors import Origin
from pysock.testing.processes.ports import Ports

TCP_SYNCNT, TCP_USER_TIMEOUT = 7, 18
# The kernel gives up soon after its first retransmission timeout, of 1 s.
IMPATIENT = ((socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 300),)
ONE_HOP = {
    4: ((socket.IPPROTO_IP, socket.IP_TTL, 1),),
    6: ((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 1),),
}


@dataclass(frozen=True)
class Connect:
    """A connect that fails.

    Attributes:
        row: of the catalogue.
        name: what is special about it, in a word or two.
        made: how it is made.
        error: the class; a dict of it by IP version where they differ.
        number: the errno; likewise.
        origin: the `Origin`; likewise.
        script: what the far end says; or
        prepare: called with the place and the version, gives the address.
        options: of the socket; a dict by version where they differ.
        at_once: the kernel says so in connect(2), no packet leaves.
        reads: fields of TCP_INFO at the failure, as far as they are certain.
        timeout: the caller's, where that is what ends it.
        bind: the socket is bound to BOUND_PORT before.
    """

    row: str
    name: str
    made: str
    error: object
    number: object
    origin: object
    script: Script | None = None
    prepare: object = None
    options: object = ()
    at_once: bool = False
    reads: dict = field(default_factory=dict)
    timeout: float | None = None
    bind: bool = False

    def of(self, version, name):
        """One of the attributes, for a version."""
        value = getattr(self, name)
        versions = isinstance(value, dict) and set(value) == {4, 6}
        return value[version] if versions else value

    def address(self, where, version):
        """Bring about what makes it fail; the address to connect to."""
        if self.script is not None:
            return where.host(version, self.script)
        return self.prepare(where, version)

    def __str__(self):
        return f"row_{self.row}-{self.name}"


def by_router(v4, v6):
    """An ICMP origin for each version, the message from the router."""
    return {
        4: Origin("icmp", place.ROUTER[4], *v4),
        6: Origin("icmp", place.ROUTER[6], *v6),
    }


def answered_by_icmp(row, name, error, number, v4, v6, words):
    """A SYN that a router answers with an ICMP message."""
    return Connect(
        row, name, f"a router answers the SYN: {words}",
        error, number, by_router(v4, v6),
        script=Script(to_syn=(icmp(v4, v6),)),
        reads={"segs_out": 1, "segs_in": 0, "total_retrans": 0},
    )  # fmt: skip


def route(kind):
    """A route of this machine that refuses."""

    def prepare(where, version):
        where.namespace.ip(f"route add {kind} {place.NOWHERE[version]}")
        return place.address(version, place.NOWHERE_HOST[version], place.PORT)

    return prepare


def no_route(where, version):
    return place.address(version, place.NOWHERE_HOST[version], place.PORT)


def link_down(where, version):
    address = where.host(version, Script())
    where.namespace.ip("link set tun0 down")
    return address


def lasting(where, version, manager):
    """Enter a manager until the place is closed; give its address."""
    stack = contextlib.ExitStack()
    where.keep(stack)
    host, port = stack.enter_context(manager)
    return place.address(version, host, port)


def closed_port(where, version):
    host = place.LOOPBACK[version]
    return lasting(where, version, testing.refusing(host=host))


def full_accept_queue(where, version):
    host = place.HERE[version]
    return lasting(where, version, testing.full_queue(host=host))


def full_syn_queue(where, version):
    """A listener with one place for what is half open, and it is taken."""
    where.namespace.sysctl("net.ipv4.tcp_syncookies", 0)
    stack = contextlib.ExitStack()
    where.keep(stack)
    listener = stack.enter_context(socket.socket(place.FAMILY[version]))
    listener.bind((place.HERE[version], 0))
    listener.listen(1)
    address = listener.getsockname()
    for _ in range(2):
        where.far_end.start_handshake(version, address)
    return address


def ports_used_up(where, version):
    host = place.LOOPBACK[version]
    address = lasting(where, version, testing.accepting_never(host=host))
    ports, stack = Ports(), contextlib.ExitStack()
    where.keep(stack)
    stack.callback(ports.give_back)
    ports.use_up(*address[:2])
    return address


def bound_twice(where, version):
    """The port that the test's sockets bind has this connection already."""
    stack = contextlib.ExitStack()
    where.keep(stack)
    address = where.host(version, Script(to_syn=(syn_ack,)))
    first = stack.enter_context(socket.socket(place.FAMILY[version]))
    for option in REUSE:
        first.setsockopt(*option)
    first.bind((place.HERE[version], BOUND_PORT))
    first.connect(address)
    return address


def no_address_to_send_from(where, version):
    """No interface has one: to IPv4 that is a missing route."""
    where.namespace.ip("address flush dev tun0", "address flush dev lo")
    return where.host(version, Script())


REUSE = ((socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),)
BOUND_PORT = 30_000
SILENT = {"segs_out": 1, "segs_in": 0}

CONNECT = (
    Connect(
        "1", "silence", "the far end does not answer; TCP_USER_TIMEOUT",
        errors.ConnectTimeoutError, errno.ETIMEDOUT, Origin("timer"),
        script=Script(), options=IMPATIENT,
        reads={"segs_in": 0, "total_rto": 1},
    ),
    Connect(
        "1", "silence-syn-repeated",
        "the far end does not answer; TCP_SYNCNT=1",
        errors.ConnectTimeoutError, errno.ETIMEDOUT, Origin("timer"),
        script=Script(), options=((socket.IPPROTO_TCP, TCP_SYNCNT, 1),),
        reads={"segs_in": 0, "segs_out": 2, "total_retrans": 1},
    ),
    Connect(
        "3", "reset", "the far end answers the SYN with a RST",
        errors.ConnectRefusedError, errno.ECONNREFUSED, Origin("peer"),
        script=Script(to_syn=(rst,)),
        reads={"segs_out": 1, "segs_in": 1, "total_retrans": 0},
    ),
    Connect(
        "3", "closed-port", "nobody listens on that port of loopback",
        errors.ConnectRefusedError, errno.ECONNREFUSED, Origin("peer"),
        prepare=closed_port,
        reads={"segs_out": 1, "segs_in": 1, "total_retrans": 0},
    ),
    answered_by_icmp(
        "4", "port-unreachable",
        errors.ConnectRefusedError, errno.ECONNREFUSED, (3, 3), (1, 4),
        "port unreachable",
    ),
    answered_by_icmp(
        "5", "host-unreachable",
        errors.HostUnreachableError, errno.EHOSTUNREACH, (3, 1), (1, 3),
        "host (IPv6: address) unreachable",
    ),
    Connect(
        "5", "time-exceeded", "a TTL of 1, and the router says so",
        errors.HostUnreachableError, errno.EHOSTUNREACH,
        by_router((11, 0), (3, 0)),
        script=Script(), options=ONE_HOP, reads=SILENT,
    ),
    Connect(
        "5", "nobody-on-the-lan", "nobody answers ARP or neighbour discovery",
        errors.HostUnreachableError, errno.EHOSTUNREACH,
        {
            4: Origin("icmp", "203.0.113.1", 3, 1),
            6: Origin("icmp", "2001:db8:3::1", 1, 3),
        },
        prepare=lambda where, version: where.unanswered_lan(version),
        reads={"segs_in": 0, "total_retrans": 0},
    ),
    Connect(
        "5", "unreachable-route", "an unreachable route of this machine",
        errors.HostUnreachableError, errno.EHOSTUNREACH, Origin("route"),
        prepare=route("unreachable"), at_once=True,
    ),
    answered_by_icmp(
        "6", "net-unreachable",
        errors.NetworkUnreachableError, errno.ENETUNREACH, (3, 0), (1, 0),
        "net unreachable (IPv6: no route)",
    ),
    Connect(
        "6", "no-route", "this machine has no route there",
        errors.NetworkUnreachableError, errno.ENETUNREACH, Origin("route"),
        prepare=no_route, at_once=True,
    ),
    Connect(
        "6", "link-down", "the link is down",
        errors.NetworkUnreachableError, errno.ENETUNREACH, Origin("route"),
        prepare=link_down, at_once=True,
    ),
    answered_by_icmp(
        "6a", "parameter-problem",
        errors.ConnectUnreachableError, errno.EPROTO, (12, 0), (4, 1),
        "parameter problem",
    ),
    answered_by_icmp(
        "7", "prohibited-by-a-router",
        {4: errors.HostUnreachableError, 6: errors.ConnectDeniedError},
        {4: errno.EHOSTUNREACH, 6: errno.EACCES}, (3, 13), (1, 1),
        "administratively prohibited (on IPv4 that is row 5)",
    ),
    Connect(
        "7", "prohibit-route", "a prohibit route of this machine",
        errors.ConnectDeniedError, errno.EACCES, Origin("route"),
        prepare=route("prohibit"), at_once=True,
    ),
    Connect(
        "7a", "blackhole-route", "a blackhole route of this machine",
        errors.ConnectError, errno.EINVAL, Origin("route"),
        prepare=route("blackhole"), at_once=True,
    ),
    Connect(
        "12", "no-port-left", "every ephemeral port is in use towards there",
        errors.AddressUnavailableError, errno.EADDRNOTAVAIL, Origin("limit"),
        prepare=ports_used_up, at_once=True,
    ),
    Connect(
        "12", "connected-already", "the bound port has this connection",
        errors.AddressUnavailableError, errno.EADDRNOTAVAIL, Origin("caller"),
        prepare=bound_twice, options=REUSE, at_once=True, bind=True,
    ),
    Connect(
        "12", "no-address-to-send-from",
        "no interface has an address (on IPv4 that is row 6)",
        {4: errors.NetworkUnreachableError, 6: errors.AddressUnavailableError},
        {4: errno.ENETUNREACH, 6: errno.EADDRNOTAVAIL}, Origin("route"),
        prepare=no_address_to_send_from, at_once=True,
    ),
    Connect(
        "14", "syn-queue-full", "the SYN queue is full, tcp_syncookies=0",
        errors.ConnectTimeoutError, errno.ETIMEDOUT, Origin("timer"),
        prepare=full_syn_queue, options=IMPATIENT,
        reads={"segs_in": 0},
    ),
    Connect(
        "15", "accept-queue-full", "the accept queue of the listener is full",
        errors.ConnectTimeoutError, errno.ETIMEDOUT, Origin("timer"),
        prepare=full_accept_queue, options=IMPATIENT,
        reads={"segs_in": 0},
    ),
)  # fmt: skip

# Those that the caller's own timeout ends.
DEADLINE = (
    Connect(
        "2", "silence", "the far end does not answer; a timeout of 0.2 s",
        errors.ConnectTimeoutError, errno.ETIMEDOUT, Origin("deadline"),
        script=Script(), reads=SILENT, timeout=0.2,
    ),
    Connect(
        "14", "syn-queue-full", "as above, with a timeout of 0.2 s",
        errors.ConnectTimeoutError, errno.ETIMEDOUT, Origin("deadline"),
        prepare=full_syn_queue, reads=SILENT, timeout=0.2,
    ),
    Connect(
        "15", "accept-queue-full", "as above, with a timeout of 0.2 s",
        errors.ConnectTimeoutError, errno.ETIMEDOUT, Origin("deadline"),
        prepare=full_accept_queue, reads=SILENT, timeout=0.2,
    ),
)  # fmt: skip
