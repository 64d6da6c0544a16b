"""The catalogue: bind, listen and accept (rows 11 to 19)."""

from __future__ import annotations

import errno

from pysock.errors import tree as tree
from pysock.errors.failure import ACCEPT, BIND, CONNECT, Failure

ROWS = (
    Failure(
        "11",
        "bind or listen: the address is taken",
        BIND,
        (errno.EADDRINUSE,),
        tree.AddressInUseError,
        ("limit",),
        (
            "Another socket has the address: it listens there, or its "
            "connections linger in TIME_WAIT."
        ),
        (
            "`ss -tanp` for the port; SO_REUSEADDR before bind if it is only "
            "TIME_WAIT."
        ),
    ),
    Failure(
        "12",
        "bind: the address is not ours; connect: no ephemeral port left",
        (*BIND, "connect"),
        (errno.EADDRNOTAVAIL,),
        tree.AddressUnavailableError,
        ("caller", "limit", "route"),
        (
            "bind: no interface has the address. connect: every port of the "
            "ephemeral range is in use towards this destination (origin "
            "limit), the bound port has this very connection already "
            "(caller), or no interface has an address to send from (route)."
        ),
        (
            "`ip addr`; `sysctl net.ipv4.ip_local_port_range` and the "
            "connections in TIME_WAIT."
        ),
    ),
    Failure(
        "13",
        "bind: privileged port",
        BIND,
        (errno.EACCES, errno.EPERM),
        tree.BindDeniedError,
        ("policy",),
        (
            "Ports below net.ipv4.ip_unprivileged_port_start need "
            "CAP_NET_BIND_SERVICE."
        ),
        "The port number, or the capability.",
    ),
    Failure(
        "14",
        "listen: the incomplete queue is full, the SYN is ignored",
        CONNECT,
        (errno.ETIMEDOUT,),
        tree.ConnectTimeoutError,
        ("timer", "deadline"),
        (
            "Seen from the client it is row 1 or 2: Linux sends cookies, or "
            "with tcp_syncookies=0 drops the SYN in silence."
        ),
        "At the server: SYN_RECV entries, `nstat -az TcpExtTCPReqQFullDrop`.",
    ),
    Failure(
        "15",
        "listen: the completed queue is full",
        CONNECT,
        (errno.ETIMEDOUT,),
        tree.ConnectTimeoutError,
        ("timer", "deadline"),
        (
            "Seen from the client it is row 1 or 2, or it connects and then "
            "waits: Linux drops SYNs while the accept queue is full."
        ),
        (
            "At the server: `ss -ltn` (Recv-Q above Send-Q), `nstat -az "
            "TcpExtListenOverflows`."
        ),
    ),
    Failure(
        "16",
        "accept: queue empty, non-blocking",
        ACCEPT,
        (errno.EAGAIN,),
        tree.AcceptWouldBlockError,
        (),
        "Not a failure: nothing waits for accept right now.",
        "Wait until the listener is readable.",
    ),
    Failure(
        "16",
        "accept: queue empty, the listener's timeout ran out",
        ACCEPT,
        (errno.ETIMEDOUT,),
        tree.AcceptTimeoutError,
        ("deadline",),
        "No client connected in that time.",
        "Whether clients reach this address and port.",
    ),
    Failure(
        "17",
        "accept: the client reset the connection while it was queued",
        ACCEPT,
        (errno.ECONNABORTED, errno.EPROTO),
        tree.AcceptAbortedError,
        ("peer",),
        (
            "Where Linux says so the entry is gone; normally it hands over "
            "the dead connection and the next call on it gives ECONNRESET."
        ),
        "Nothing on this side: go on with the next one.",
    ),
    Failure(
        "18",
        "accept: an error already pending on the new connection",
        ACCEPT,
        (
            errno.ENETDOWN,
            errno.ENETUNREACH,
            errno.EHOSTDOWN,
            errno.EHOSTUNREACH,
            errno.ENONET,
            errno.ENOPROTOOPT,
            errno.EOPNOTSUPP,
        ),
        tree.AcceptNetworkError,
        (),
        "accept(2) passes on network errors of the new connection.",
        "Nothing on this side: treat it like an empty queue and go on.",
    ),
    Failure(
        "19",
        "accept: no descriptor left",
        (*ACCEPT, "socket", "dup"),
        (errno.EMFILE, errno.ENFILE),
        tree.DescriptorLimitError,
        ("limit",),
        (
            "The limit on open descriptors is reached: of the process "
            "(EMFILE) or of the system (ENFILE). The connection stays queued."
        ),
        (
            "`ls /proc/PID/fd`, `ulimit -n`; sockets in CLOSE_WAIT are ones "
            "this program forgot to close."
        ),
    ),
    Failure(
        "19",
        "accept: no memory left",
        (*ACCEPT, "socket"),
        (errno.ENOBUFS, errno.ENOMEM),
        tree.ResourceLimitError,
        ("limit",),
        "The kernel has no memory for another socket.",
        (
            "`/proc/net/sockstat`, `sysctl net.ipv4.tcp_mem`, the cgroup's "
            "memory limit."
        ),
    ),
)
