"""The catalogue: any call (rows 28 to 31)."""

from __future__ import annotations

import errno

from pysock.errors import tree as tree
from pysock.errors.failure import ANY, Failure

ROWS = (
    Failure(
        "28",
        "a call that needs a connection, on a socket without one",
        ANY,
        (errno.ENOTCONN,),
        tree.NotConnectedError,
        ("caller",),
        "It was never connected, or the connection has ended.",
        (
            "The order of calls in this program; send on such a socket gives "
            "EPIPE on Linux."
        ),
    ),
    Failure(
        "29",
        "any call on a closed socket",
        ANY,
        (errno.EBADF,),
        tree.ClosedSocketError,
        ("caller",),
        (
            "The socket object is closed or detached, or the descriptor is "
            "not open."
        ),
        (
            "Who closed it: a with block, another thread, another owner of "
            "the descriptor."
        ),
    ),
    Failure(
        "30",
        "TCP_INFO of something that is not TCP",
        ("tcp_info", "tcp_state", "listen_queue"),
        (errno.EOPNOTSUPP, errno.ENOPROTOOPT, errno.ENOTSOCK),
        tree.NotTcpError,
        ("caller",),
        "Only TCP sockets (and MPTCP ones) have TCP_INFO.",
        "What was passed: the text names it.",
    ),
    Failure(
        "31",
        "a host name that does not resolve",
        ("getaddrinfo", "connect"),
        (),
        tree.ResolveError,
        (),
        "The resolver has no address for the name; errno is an EAI_ number.",
        "`getent ahosts NAME`, /etc/resolv.conf, /etc/nsswitch.conf.",
    ),
)
