"""Every failure as data: the one source of what is raised, and when.

The mapping from (call, errno) to class, the documentation page and the
command `pysock errors` are all made from these rows.
"""

from __future__ import annotations

import errno
from collections import namedtuple

from pysock.errors import _tree as tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors._base import SocketError

CONNECT = ("connect",)
BIND = ("bind", "listen")
ACCEPT = ("accept",)
RECEIVE = (
    "recv",
    "recv_into",
    "recvfrom",
    "recvfrom_into",
    "recvmsg",
    "recvmsg_into",
    "recv_exactly",
)
SEND = ("send", "sendall", "sendto", "sendmsg", "sendfile")
TRANSFER = RECEIVE + SEND
DIAG = ("sockets", "find", "destroy", "obituaries", "listen_queue")
ANY = ("any",)


class Failure(
    namedtuple(
        "Failure",
        "number situation calls errnos error origins meaning look",
    )
):
    """One row of the catalogue.

    Attributes:
        number: the row's name in the documentation, such as "6a".
        situation: what happened, in the words of the field.
        calls: socket methods that raise it; `("any",)` for every call.
        errnos: the errno numbers; empty where the kernel gives none.
        error: the class.
        origins: kinds of `Origin` it can have; empty if nobody said no.
        meaning: what it means on Linux, one sentence.
        look: what to look at next, one sentence.
    """

    __slots__ = ()

    number: str
    situation: str
    calls: tuple[str, ...]
    errnos: tuple[int, ...]
    error: type[SocketError]
    origins: tuple[str, ...]
    meaning: str
    look: str

    @property
    def errno_names(self) -> tuple[str, ...]:
        """The errnos by name, such as `ECONNREFUSED`."""
        return tuple(errno.errorcode[number] for number in self.errnos)

    @property
    def also(self) -> tuple[str, ...]:
        """The builtin exceptions that an old `except` line may name."""
        return tuple(
            base.__name__
            for base in self.error.__mro__
            if base.__module__ == "builtins"
            and base not in (OSError, Exception, BaseException, object)
        )


CATALOGUE: tuple[Failure, ...] = (
    Failure(
        "1", "connect: no answer to the SYN, the kernel gives up",
        CONNECT, (errno.ETIMEDOUT,), tree.ConnectTimeoutError, ("timer",),
        "The SYN was sent again and again and nothing came back.",
        "A firewall that drops, a host that is down, or a full accept queue at the server.",
    ),
    Failure(
        "2", "connect: no answer within the caller's timeout",
        CONNECT, (errno.ETIMEDOUT,), tree.ConnectTimeoutError, ("deadline",),
        "The caller's timeout ran out before the kernel's did.",
        "As for 1; a timeout under 1 s leaves no time for a second SYN.",
    ),
    Failure(
        "3", "connect: RST, nobody listens on that port",
        CONNECT, (errno.ECONNREFUSED,), tree.ConnectRefusedError, ("peer",),
        "The host is up and answered with a RST.",
        "Whether the server runs, on this port, this address and this family; a firewall can forge the RST.",
    ),
    Failure(
        "4", "connect: ICMP port unreachable",
        CONNECT, (errno.ECONNREFUSED,), tree.ConnectRefusedError, ("icmp",),
        "An ICMP message refused the connection, not the peer's TCP.",
        "The firewall of the machine that sent it (a REJECT rule).",
    ),
    Failure(
        "5", "connect: ICMP host unreachable or prohibited, TTL exceeded, no ARP or ND answer",
        CONNECT, (errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENONET), tree.HostUnreachableError, ("icmp", "route"),
        "A router, or this machine itself, says the host cannot be reached.",
        "Whether the host is up, and the firewall or routes of the machine that said so.",
    ),
    Failure(
        "6", "connect: ICMP network unreachable or prohibited; no route here",
        CONNECT, (errno.ENETUNREACH, errno.ENETDOWN), tree.NetworkUnreachableError, ("icmp", "route"),
        "No route leads there: at this machine, or at the router that said so.",
        "`ip route get ADDRESS` here, or the routes of that router.",
    ),
    Failure(
        "6a", "connect: the other ICMP answers",
        CONNECT, (errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.EPROTO), tree.ConnectUnreachableError, ("icmp",),
        "An ICMP message of a rarer kind ended the attempt.",
        "The machine that sent it: its firewall, or the path to it.",
    ),
    Failure(
        "7", "connect: denied by a prohibit route, by policy, or by a router (IPv6)",
        CONNECT, (errno.EACCES, errno.EPERM), tree.ConnectDeniedError, ("route", "policy", "icmp"),
        "Somebody forbade the connection on purpose.",
        "`ip route get ADDRESS` and `ip rule` here, cgroup and security policy, or the router named.",
    ),
    Failure(
        "7a", "connect: into a blackhole route of this machine",
        CONNECT, (errno.EINVAL,), tree.ConnectError, ("route", "caller"),
        "A blackhole route swallows everything to that destination; for a link-local IPv6 address, the scope id is missing.",
        "`ip route get ADDRESS`; the address itself.",
    ),
    Failure(
        "8", "connect: non-blocking, under way",
        CONNECT, (errno.EINPROGRESS,), tree.ConnectInProgressError, (),
        "Not a failure: the handshake goes on while the program does other work.",
        "Wait until the socket is writable, then ask `take_error()`.",
    ),
    Failure(
        "8", "connect: non-blocking, asked again while under way",
        CONNECT, (errno.EALREADY,), tree.ConnectAlreadyError, (),
        "Not a failure: the first attempt has not ended yet.",
        "Wait until the socket is writable, then ask `take_error()`.",
    ),
    Failure(
        "9", "non-blocking connect ended badly: take_error(), or a second connect()",
        ("take_error", "connect"), (), tree.ConnectError, ("peer", "icmp", "timer"),
        "The pending error (SO_ERROR) is typed as in rows 1 to 7.",
        "As for the row of its class.",
    ),
    Failure(
        "10", "connect on a connected socket",
        CONNECT, (errno.EISCONN,), tree.AlreadyConnectedError, ("caller",),
        "A TCP socket connects once.",
        "Make a new socket for a new connection.",
    ),
    Failure(
        "11", "bind or listen: the address is taken",
        BIND, (errno.EADDRINUSE,), tree.AddressInUseError, ("limit",),
        "Another socket has the address: it listens there, or its connections linger in TIME_WAIT.",
        "`ss -tanp` for the port; SO_REUSEADDR before bind if it is only TIME_WAIT.",
    ),
    Failure(
        "12", "bind: the address is not ours; connect: no ephemeral port left",
        (*BIND, "connect"), (errno.EADDRNOTAVAIL,), tree.AddressUnavailableError, ("caller", "limit"),
        "bind: no interface has the address. connect: every port of the ephemeral range is in use towards this destination.",
        "`ip addr`; `sysctl net.ipv4.ip_local_port_range` and the connections in TIME_WAIT.",
    ),
    Failure(
        "13", "bind: privileged port",
        BIND, (errno.EACCES, errno.EPERM), tree.BindDeniedError, ("policy",),
        "Ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE.",
        "The port number, or the capability.",
    ),
    Failure(
        "14", "listen: the incomplete queue is full, the SYN is ignored",
        CONNECT, (errno.ETIMEDOUT,), tree.ConnectTimeoutError, ("timer", "deadline"),
        "Seen from the client it is row 1 or 2: Linux sends cookies, or with tcp_syncookies=0 drops the SYN in silence.",
        "At the server: SYN_RECV entries, `nstat -az TcpExtTCPReqQFullDrop`.",
    ),
    Failure(
        "15", "listen: the completed queue is full",
        CONNECT, (errno.ETIMEDOUT,), tree.ConnectTimeoutError, ("timer", "deadline"),
        "Seen from the client it is row 1 or 2, or it connects and then waits: Linux drops SYNs while the accept queue is full.",
        "At the server: `ss -ltn` (Recv-Q above Send-Q), `nstat -az TcpExtListenOverflows`.",
    ),
    Failure(
        "16", "accept: queue empty, non-blocking",
        ACCEPT, (errno.EAGAIN,), tree.AcceptWouldBlockError, (),
        "Not a failure: nothing waits for accept right now.",
        "Wait until the listener is readable.",
    ),
    Failure(
        "16", "accept: queue empty, the listener's timeout ran out",
        ACCEPT, (errno.ETIMEDOUT,), tree.AcceptTimeoutError, ("deadline",),
        "No client connected in that time.",
        "Whether clients reach this address and port.",
    ),
    Failure(
        "17", "accept: the client reset the connection while it was queued",
        ACCEPT, (errno.ECONNABORTED, errno.EPROTO), tree.AcceptAbortedError, ("peer",),
        "Where Linux says so the entry is gone; normally it hands over the dead connection and the next call on it gives ECONNRESET.",
        "Nothing on this side: go on with the next one.",
    ),
    Failure(
        "18", "accept: an error already pending on the new connection",
        ACCEPT, (errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENONET, errno.ENOPROTOOPT, errno.EOPNOTSUPP),
        tree.AcceptNetworkError, (),
        "accept(2) passes on network errors of the new connection.",
        "Nothing on this side: treat it like an empty queue and go on.",
    ),
    Failure(
        "19", "accept: no descriptor left",
        (*ACCEPT, "socket"), (errno.EMFILE, errno.ENFILE), tree.DescriptorLimitError, ("limit",),
        "The limit on open descriptors is reached: of the process (EMFILE) or of the system (ENFILE). The connection stays queued.",
        "`ls /proc/PID/fd`, `ulimit -n`; sockets in CLOSE_WAIT are ones this program forgot to close.",
    ),
    Failure(
        "19", "accept: no memory left",
        (*ACCEPT, "socket"), (errno.ENOBUFS, errno.ENOMEM), tree.ResourceLimitError, ("limit",),
        "The kernel has no memory for another socket.",
        "`/proc/net/sockstat`, `sysctl net.ipv4.tcp_mem`, the cgroup's memory limit.",
    ),
    Failure(
        "20", "read: the peer closed in order (FIN)",
        ("recv_exactly",), (), tree.PeerClosedError, ("peer",),
        "The peer sent all it had and closed; `recv` says so with b''.",
        "The peer's log: it ended the conversation earlier than expected.",
    ),
    Failure(
        "21", "read or write: the peer's host sent a RST",
        TRANSFER, (errno.ECONNRESET,), tree.PeerResetError, ("peer",),
        "The peer closed with our data unread or on purpose, or its host has no memory of the connection.",
        "The peer's log: a crash, a restart, or a middlebox that forgot the connection.",
    ),
    Failure(
        "22", "write: the peer closed, we wrote, its host answered RST, we write again",
        SEND, (errno.EPIPE,), tree.BrokenConnectionError, ("peer",),
        "The peer had gone already when the previous write was sent; in C this is a SIGPIPE.",
        "Read before writing: the end of file would have told. The peer's log.",
    ),
    Failure(
        "22a", "this machine's administrator killed the socket",
        TRANSFER, (errno.ECONNABORTED,), tree.ConnectionKilledError, ("policy",),
        "SOCK_DESTROY ended it: `ss -K`, or a manager that uses it.",
        "Who has CAP_NET_ADMIN on this machine.",
    ),
    Failure(
        "23", "write after our own shutdown(SHUT_WR)",
        SEND, (errno.EPIPE,), tree.WriteAfterShutdownError, ("caller",),
        "This program sent its FIN and cannot send any more.",
        "The order of shutdown and send in this program.",
    ),
    Failure(
        "24", "established: the peer fell silent, retransmission or keepalive gave up",
        TRANSFER, (errno.ETIMEDOUT,), tree.PeerSilentError, ("timer",),
        "Nothing has come from the peer's host any more, not even an ACK.",
        "Whether the host is up and the path is; TCP_USER_TIMEOUT decides how soon this is noticed.",
    ),
    Failure(
        "25", "established: a router says unreachable or prohibited until the kernel gives up",
        TRANSFER,
        (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENONET, errno.EACCES, errno.ECONNREFUSED, errno.ENOPROTOOPT, errno.EPROTO),
        tree.PeerUnreachableError, ("icmp",),
        "ICMP errors came while data was unanswered; on an established connection the kernel keeps only the errno.",
        "The path to the peer: a route or firewall changed while connected.",
    ),
    Failure(
        "26", "read or write: the socket's timeout ran out",
        TRANSFER, (errno.ETIMEDOUT,), tree.TransferTimeoutError, ("deadline",),
        "The connection is still up; the peer sent nothing, or took nothing, in that time.",
        "tcp_info: unacked data means the peer's host is silent, none means its program is.",
    ),
    Failure(
        "27", "read or write: would block",
        TRANSFER, (errno.EAGAIN,), tree.TransferWouldBlockError, (),
        "Not a failure: nothing to read, or no room to write, right now.",
        "Wait until the socket is readable, or writable.",
    ),
    Failure(
        "28", "a call that needs a connection, on a socket without one",
        ANY, (errno.ENOTCONN,), tree.NotConnectedError, ("caller",),
        "It was never connected, or the connection has ended.",
        "The order of calls in this program; send on such a socket gives EPIPE on Linux.",
    ),
    Failure(
        "29", "any call on a closed socket",
        ANY, (errno.EBADF,), tree.ClosedSocketError, ("caller",),
        "The socket object is closed or detached, or the descriptor is not open.",
        "Who closed it: a with block, another thread, another owner of the descriptor.",
    ),
    Failure(
        "30", "TCP_INFO of something that is not TCP",
        ("tcp_info", "tcp_state", "listen_queue"), (errno.EOPNOTSUPP, errno.ENOPROTOOPT, errno.ENOTSOCK), tree.NotTcpError, ("caller",),
        "Only TCP sockets (and MPTCP ones) have TCP_INFO.",
        "What was passed: the text names it.",
    ),
    Failure(
        "31", "a host name that does not resolve",
        ("getaddrinfo", "connect"), (), tree.ResolveError, (),
        "The resolver has no address for the name; errno is an EAI_ number.",
        "`getent ahosts NAME`, /etc/resolv.conf, /etc/nsswitch.conf.",
    ),
    Failure(
        "32", "the accept queue of a socket that does not listen",
        ("listen_queue",), (errno.EINVAL,), tree.NotListeningError, ("caller",),
        "Only a listener has an accept queue.",
        "Which socket was passed: the text names its state.",
    ),
    Failure(
        "33", "sock_diag: killing a socket without CAP_NET_ADMIN",
        ("destroy",), (errno.EPERM, errno.EACCES), tree.DiagDeniedError, ("policy",),
        "Every user may look at all sockets of a network namespace; only its administrator may kill one.",
        "Run it as root, or with CAP_NET_ADMIN in the namespace of the socket.",
    ),
    Failure(
        "34", "sock_diag: the kernel's table cannot be asked",
        DIAG, (errno.EPROTONOSUPPORT, errno.ENOENT, errno.EOPNOTSUPP, errno.EXDEV), tree.DiagError, (),
        "The kernel has no sock_diag (CONFIG_INET_DIAG), or the socket belongs to another network namespace.",
        "`ss -t` on the same machine: it asks the same table.",
    ),
)
