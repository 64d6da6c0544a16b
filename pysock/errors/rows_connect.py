"""The catalogue: connect (rows 1 to 10)."""

from __future__ import annotations

import errno

from pysock.errors import tree as tree
from pysock.errors.failure import CONNECT, Failure

ROWS = (
    Failure(
        "1",
        "connect: no answer to the SYN, the kernel gives up",
        CONNECT,
        (errno.ETIMEDOUT,),
        tree.ConnectTimeoutError,
        ("timer",),
        "The SYN was sent again and again and nothing came back.",
        (
            "A firewall that drops, a host that is down, or a full accept "
            "queue at the server."
        ),
    ),
    Failure(
        "2",
        "connect: no answer within the caller's timeout",
        CONNECT,
        (errno.ETIMEDOUT,),
        tree.ConnectTimeoutError,
        ("deadline",),
        "The caller's timeout ran out before the kernel's did.",
        "As for 1; a timeout under 1 s leaves no time for a second SYN.",
    ),
    Failure(
        "3",
        "connect: RST, nobody listens on that port",
        CONNECT,
        (errno.ECONNREFUSED,),
        tree.ConnectRefusedError,
        ("peer",),
        "The host is up and answered with a RST.",
        (
            "Whether the server runs, on this port, this address and this "
            "family; a firewall can forge the RST."
        ),
    ),
    Failure(
        "4",
        "connect: ICMP port unreachable",
        CONNECT,
        (errno.ECONNREFUSED,),
        tree.ConnectRefusedError,
        ("icmp",),
        "An ICMP message refused the connection, not the peer's TCP.",
        "The firewall of the machine that sent it (a REJECT rule).",
    ),
    Failure(
        "5",
        (
            "connect: ICMP host unreachable or prohibited, TTL exceeded, no "
            "ARP or ND answer"
        ),
        CONNECT,
        (errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENONET),
        tree.HostUnreachableError,
        ("icmp", "route"),
        "A router, or this machine itself, says the host cannot be reached.",
        (
            "Whether the host is up, and the firewall or routes of the "
            "machine that said so."
        ),
    ),
    Failure(
        "6",
        "connect: ICMP network unreachable or prohibited; no route here",
        CONNECT,
        (errno.ENETUNREACH, errno.ENETDOWN),
        tree.NetworkUnreachableError,
        ("icmp", "route", "caller"),
        (
            "No route leads there: at this machine, or at the router that "
            "said so; or an IPv4 address was given to a socket that is "
            "IPV6_V6ONLY."
        ),
        "`ip route get ADDRESS` here, or the routes of that router.",
    ),
    Failure(
        "6a",
        "connect: the other ICMP answers",
        CONNECT,
        (errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.EPROTO),
        tree.ConnectUnreachableError,
        ("icmp",),
        "An ICMP message of a rarer kind ended the attempt.",
        "The machine that sent it: its firewall, or the path to it.",
    ),
    Failure(
        "7",
        (
            "connect: denied by a prohibit route, by policy, or by a router "
            "(IPv6)"
        ),
        CONNECT,
        (errno.EACCES, errno.EPERM),
        tree.ConnectDeniedError,
        ("route", "policy", "icmp"),
        "Somebody forbade the connection on purpose.",
        (
            "`ip route get ADDRESS` and `ip rule` here, cgroup and security "
            "policy, or the router named."
        ),
    ),
    Failure(
        "7a",
        "connect: into a blackhole route of this machine",
        CONNECT,
        (errno.EINVAL,),
        tree.ConnectError,
        ("route", "caller"),
        (
            "A blackhole route swallows everything to that destination; for a "
            "link-local IPv6 address, the scope id is missing."
        ),
        "`ip route get ADDRESS`; the address itself.",
    ),
    Failure(
        "8",
        "connect: non-blocking, under way",
        CONNECT,
        (errno.EINPROGRESS,),
        tree.ConnectInProgressError,
        (),
        (
            "Not a failure: the handshake goes on while the program does "
            "other work."
        ),
        "Wait until the socket is writable, then ask `take_error()`.",
    ),
    Failure(
        "8",
        "connect: non-blocking, asked again while under way",
        CONNECT,
        (errno.EALREADY,),
        tree.ConnectAlreadyError,
        (),
        "Not a failure: the first attempt has not ended yet.",
        "Wait until the socket is writable, then ask `take_error()`.",
    ),
    Failure(
        "9",
        (
            "non-blocking connect ended badly: take_error(), or a second "
            "connect()"
        ),
        ("take_error", "connect"),
        (),
        tree.ConnectError,
        ("peer", "icmp", "timer"),
        "The pending error (SO_ERROR) is typed as in rows 1 to 7.",
        "As for the row of its class.",
    ),
    Failure(
        "10",
        "connect on a connected socket",
        CONNECT,
        (errno.EISCONN,),
        tree.AlreadyConnectedError,
        ("caller",),
        "A TCP socket connects once.",
        "Make a new socket for a new connection.",
    ),
)
