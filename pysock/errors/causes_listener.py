"""What the rows of bind, listen and accept (11 to 19) mean."""

from __future__ import annotations

from pysock.errors.failure import Cause

CAUSES = {
    ("11", "AddressInUseError"): (
        "bind or listen: the address is taken",
        (
            Cause(
                "bind-in-use",
                "another socket has the address: it listens there, is bound "
                "to it, or its connections are in TIME_WAIT",
                "`ss -tanp 'sport = :{port}'` shows who has it",
            ),
            Cause(
                "bind-no-port",
                "every port of the ephemeral range is in use at that address",
                "widen net.ipv4.ip_local_port_range, or find who holds the "
                "ports: `ss -s`, then `ss -tanp`",
            ),
            Cause(
                "listen-in-use",
                "another socket listens at the address already",
                "`ss -ltnp 'sport = :{port}'` shows who; several may listen "
                "if each sets SO_REUSEPORT before bind",
            ),
        ),
    ),
    ("12", "AddressUnavailableError"): (
        "bind: the address is not ours; connect: no port or address to send "
        "from",
        (
            Cause(
                "bind-no-address",
                "no interface of this network namespace has the address (or "
                "it is an IPv6 one that is not ready yet)",
                "`ip address` lists the addresses; `tentative` there means "
                "not ready",
            ),
            Cause(
                "connect-no-port",
                "no local port is left for a connection to this destination",
                "close connections to {address} sooner or reuse them; "
                "net.ipv4.ip_local_port_range is the limit",
            ),
            Cause(
                "connect-port-taken",
                "the socket is bound to a port from which there is a "
                "connection to this destination already",
                "bind to port 0, or to another port",
            ),
            Cause(
                "connect-no-address",
                "no interface of this network namespace has an address of "
                "that family to send from",
                "`ip address` lists the addresses",
            ),
        ),
    ),
    ("13", "BindDeniedError"): (
        "bind: privileged port, or denied by policy",
        (
            Cause(
                "bind-denied",
                "the port is privileged, or a policy forbids the bind",
                "take a port from net.ipv4.ip_unprivileged_port_start on, or "
                "give the program CAP_NET_BIND_SERVICE; else look at its "
                "sandbox",
            ),
        ),
    ),
    ("14", "ConnectTimeoutError"): (
        "listen: the incomplete queue is full, the SYN is ignored",
        (
            Cause(
                "connect-timeout-kernel",
                "seen from the client it is row 1 or 2: Linux sends cookies, "
                "or with tcp_syncookies=0 drops the SYN in silence",
                "at the server: SYN_RECV entries, `nstat -az "
                "TcpExtTCPReqQFullDrop`",
            ),
        ),
    ),
    ("15", "ConnectTimeoutError"): (
        "listen: the completed queue is full",
        (
            Cause(
                "connect-timeout-kernel",
                "seen from the client it is row 1 or 2, or it connects and "
                "then waits: Linux drops SYNs while the accept queue is full",
                "at the server: `ss -ltn` (Recv-Q above Send-Q), `nstat -az "
                "TcpExtListenOverflows`",
            ),
        ),
    ),
    ("16", "AcceptWouldBlockError"): (
        "accept: queue empty, non-blocking",
        (
            Cause(
                "accept-empty",
                "not a failure: nothing waits for accept right now",
                "wait until the listener is readable",
            ),
        ),
    ),
    ("16", "AcceptTimeoutError"): (
        "accept: queue empty, the listener's timeout ran out",
        (
            Cause(
                "accept-timeout",
                "accept got no connection in that time",
                "see whether clients reach this address and port",
            ),
        ),
    ),
    ("16a", "BindError"): (
        "bind or listen: the call makes no sense on this socket",
        (
            Cause(
                "bind-invalid",
                "the socket has an address already, or this one makes no "
                "sense",
                "bind a socket once, before it connects",
            ),
            Cause(
                "listen-invalid",
                "the socket is connected, connecting, or was connected",
                "make a new socket to listen on",
            ),
        ),
    ),
    ("16a", "AcceptError"): (
        "accept: the socket does not listen",
        (
            Cause(
                "accept-not-listening",
                "the socket does not listen, or was shut down",
                "call listen() before accept()",
            ),
        ),
    ),
    ("17", "AcceptAbortedError"): (
        "accept: the client reset the connection while it was queued",
        (
            Cause(
                "accept-aborted",
                "the connection ended before accept took it; normally Linux "
                "hands over the dead connection and the next call on it "
                "fails",
                "nothing on this side: go on with the next one",
            ),
        ),
    ),
    ("18", "AcceptNetworkError"): (
        "accept: an error already pending on the new connection",
        (
            Cause(
                "accept-network",
                "accept(2) passed on a network error of the new connection",
                "nothing on this side: go on with the next one",
            ),
        ),
    ),
    ("19", "DescriptorLimitError"): (
        "accept: no descriptor left",
        (
            Cause(
                "no-descriptor",
                "the limit on open descriptors is reached: of the process "
                "(EMFILE) or of the whole machine (ENFILE)",
                "raise the limit (`ulimit -n`), or find what is not closed: "
                "`ls -l /proc/PID/fd`",
            ),
        ),
    ),
    ("19", "ResourceLimitError"): (
        "accept: no memory left",
        (
            Cause(
                "no-memory",
                "the kernel has no memory for another socket",
                "`cat /proc/net/sockstat`, `sysctl net.ipv4.tcp_mem`, and "
                "the memory limit of the cgroup",
            ),
        ),
    ),
}
