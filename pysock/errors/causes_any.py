"""What the rows of any call, of names, of sock_diag and of TLS mean."""

from __future__ import annotations

from pysock.errors.failure import Cause

CAUSES = {
    ("28", "NotConnectedError"): (
        "a call that needs a connection, on a socket without one",
        (
            Cause(
                "not-connected",
                "the socket was never connected, or its connection has ended",
                "look at the order of calls in this program: connect comes "
                "first",
            ),
        ),
    ),
    ("29", "ClosedSocketError"): (
        "any call on a closed socket",
        (
            Cause(
                "closed-here",
                "the socket object is closed or detached, or the descriptor "
                "is not open",
                "look for who closed it: a with block, another thread, "
                "another owner of the descriptor",
            ),
        ),
    ),
    ("30", "NotTcpError"): (
        "TCP_INFO of something that is not TCP",
        (
            Cause(
                "not-tcp",
                "only TCP sockets (and MPTCP ones) have TCP_INFO",
                "pass a TCP socket: the text names what was passed",
            ),
        ),
    ),
    ("31", "ResolveError"): (
        "a host name that does not resolve",
        (
            Cause(
                "name-not-found",
                "the resolver says that the name has no address",
                "correct the name; `getent ahosts {host}` asks as this "
                "program did",
            ),
            Cause(
                "name-no-answer",
                "the resolver got no answer that it could use, now; the name "
                "may well exist",
                "`getent ahosts {host}` asks again; /etc/resolv.conf names "
                "the servers that are asked",
            ),
            Cause(
                "name-server-failed",
                "the name server answered with a failure; the name may well "
                "exist",
                "`getent ahosts {host}` asks again; /etc/resolv.conf names "
                "the servers that are asked",
            ),
            Cause(
                "name-invalid",
                "the question made no sense to the resolver: the host, the "
                "port's name, the family, the type or the flags",
                "look at the arguments of the call",
            ),
        ),
    ),
    ("32", "NotListeningError"): (
        "the accept queue of a socket that does not listen",
        (
            Cause(
                "not-listening",
                "only a listener has an accept queue",
                "pass the listener: the text names the state of what was "
                "passed",
            ),
        ),
    ),
    ("33", "DiagDeniedError"): (
        "sock_diag: killing a socket without CAP_NET_ADMIN",
        (
            Cause(
                "diag-denied",
                "every user may look at all sockets of a network namespace; "
                "only its administrator may kill one",
                "run it as root, or with CAP_NET_ADMIN in the socket's "
                "namespace",
            ),
        ),
    ),
    ("34", "DiagError"): (
        "sock_diag: the kernel's table cannot be asked",
        (
            Cause(
                "diag-unavailable",
                "the kernel has no sock_diag (CONFIG_INET_DIAG), the sandbox "
                "denies it, or the socket belongs to another network "
                "namespace",
                "`ss -t` on the same machine asks the same table",
            ),
        ),
    ),
    ("35", "TlsError"): (
        "TLS: the handshake or the stream failed",
        (
            Cause(
                "tls-reset",
                "the connection was reset during the TLS session",
                "read the server's log; a middlebox may dislike the name or "
                "the version that the handshake asked for",
            ),
            Cause(
                "tls-closed",
                "the peer closed the connection without ending the TLS "
                "session",
                "read the server's log of that moment",
            ),
            Cause(
                "tls-timeout",
                "the TLS handshake did not finish in time",
                "look at the server: it accepted the connection and has not "
                "finished the handshake",
            ),
            Cause(
                "tls-plain-text",
                "the answer was not TLS: the server speaks plain text there",
                "speak without TLS to {address}, or connect to the server's "
                "TLS port",
            ),
            Cause(
                "tls-certificate",
                "the peer's certificate was not accepted",
                "`openssl s_client -connect {address} -showcerts` shows what "
                "it sends",
            ),
            Cause(
                "tls-version",
                "the two sides have no TLS version or cipher in common",
                "`openssl s_client -connect {address}` shows what the server "
                "accepts",
            ),
            Cause(
                "tls",
                "the TLS session failed for a reason that only its own text "
                "tells",
                None,
            ),
        ),
    ),
    ("36", "BindError"): (
        "bind or listen: an errno that no other row has",
        (Cause("bind-other", "the bind or listen failed", None),),
    ),
    ("36", "AcceptError"): (
        "accept: an errno that no other row has",
        (Cause("accept-other", "the accept failed", None),),
    ),
    ("36", "TransferError"): (
        "read or write: an errno that no other row has",
        (Cause("transfer-other", "the read or write failed", None),),
    ),
    ("36", "SocketError"): (
        "any call: an errno that no other row has",
        (Cause("other", "the call failed", None),),
    ),
}
