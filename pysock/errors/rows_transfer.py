"""The catalogue: reads and writes (rows 20 to 27)."""

from __future__ import annotations

import errno

from pysock.errors import tree as tree
from pysock.errors.failure import SEND, TRANSFER, Failure

ROWS = (
    Failure(
        "20",
        "read: the peer closed in order (FIN)",
        ("recv_exactly",),
        (),
        tree.PeerClosedError,
        ("peer",),
        "The peer sent all it had and closed; `recv` says so with b''.",
        "The peer's log: it ended the conversation earlier than expected.",
    ),
    Failure(
        "21",
        "read or write: the peer's host sent a RST",
        TRANSFER,
        (errno.ECONNRESET,),
        tree.PeerResetError,
        ("peer",),
        (
            "The peer closed with our data unread or on purpose, or its host "
            "has no memory of the connection."
        ),
        (
            "The peer's log: a crash, a restart, or a middlebox that forgot "
            "the connection."
        ),
    ),
    Failure(
        "22",
        (
            "write: the peer closed, we wrote, its host answered RST, we "
            "write again"
        ),
        SEND,
        (errno.EPIPE,),
        tree.BrokenConnectionError,
        ("peer", "timer", "icmp", "route", "policy"),
        (
            "The peer had gone already when the previous write was sent; in C "
            "this is a SIGPIPE."
        ),
        (
            "Read before writing: the end of file would have told. The peer's "
            "log."
        ),
    ),
    Failure(
        "22a",
        "this machine's administrator killed the socket",
        TRANSFER,
        (errno.ECONNABORTED,),
        tree.ConnectionKilledError,
        ("policy",),
        "SOCK_DESTROY ended it: `ss -K`, or a manager that uses it.",
        "Who has CAP_NET_ADMIN on this machine.",
    ),
    Failure(
        "23",
        "write after our own shutdown(SHUT_WR)",
        SEND,
        (errno.EPIPE,),
        tree.WriteAfterShutdownError,
        ("caller",),
        "This program sent its FIN and cannot send any more.",
        "The order of shutdown and send in this program.",
    ),
    Failure(
        "24",
        (
            "established: the peer fell silent, retransmission or keepalive "
            "gave up"
        ),
        TRANSFER,
        (errno.ETIMEDOUT,),
        tree.PeerSilentError,
        ("timer",),
        "The kernel gave up waiting for the peer to acknowledge or take data.",
        (
            "Whether the host is up and the path is; TCP_USER_TIMEOUT decides "
            "how soon this is noticed."
        ),
    ),
    Failure(
        "25",
        (
            "established: a router says unreachable or prohibited until the "
            "kernel gives up"
        ),
        TRANSFER,
        (
            errno.EHOSTUNREACH,
            errno.ENETUNREACH,
            errno.EHOSTDOWN,
            errno.ENONET,
            errno.EACCES,
            errno.ECONNREFUSED,
            errno.ENOPROTOOPT,
            errno.EPROTO,
            errno.EOPNOTSUPP,
        ),
        tree.PeerUnreachableError,
        ("icmp", "route"),
        (
            "ICMP errors came while data was unanswered (the kernel keeps "
            "only the errno), or nothing could leave this machine any more."
        ),
        "The path to the peer: a route or firewall changed while connected.",
    ),
    Failure(
        "26",
        "read or write: the socket's timeout ran out",
        TRANSFER,
        (errno.ETIMEDOUT,),
        tree.TransferTimeoutError,
        ("deadline",),
        (
            "No error came from the network; the call did not finish in that "
            "time."
        ),
        (
            "tcp_info: unacked data means the peer's host is silent, none "
            "means its program is."
        ),
    ),
    Failure(
        "27",
        "read or write: would block",
        TRANSFER,
        (errno.EAGAIN,),
        tree.TransferWouldBlockError,
        (),
        "Not a failure: nothing to read, or no room to write, right now.",
        "Wait until the socket is readable, or writable.",
    ),
)
