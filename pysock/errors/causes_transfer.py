"""What the rows of reads and writes (20 to 27) mean."""

from __future__ import annotations

from pysock.errors.failure import Cause

_PEERS_LOG = "read the peer's log of that moment"

CAUSES = {
    ("20", "PeerClosedError"): (
        "read: the peer closed in order (FIN)",
        (
            Cause(
                "peer-closed",
                "the peer ended its side of the connection (FIN) before all "
                "that was expected had come",
                "if the connection was kept from an earlier request, repeat "
                "what may be repeated on a new one; if not, "
                f"{_PEERS_LOG}",
            ),
        ),
    ),
    ("20a", "ReadAfterEndError"): (
        "read: the stream ended before, and not by the peer's FIN",
        (
            Cause(
                "read-shut-here",
                "the read side of the connection was shut down at this end "
                "(SHUT_RD or SHUT_RDWR): no FIN came",
                "look for the shutdown() in this program, or in another "
                "process that has the socket",
            ),
            Cause(
                "read-after-end",
                "the connection had ended without a FIN before this read: "
                "an earlier call has told how, or taken the error",
                "look for the first failure of this connection",
            ),
        ),
    ),
    ("21", "PeerResetError"): (
        "read or write: the peer's host sent a RST",
        (
            Cause(
                "peer-reset-idle",
                "the connection was reset, and the newest data was the "
                "peer's: it lay unused, or the peer's answer broke off",
                "use it again sooner than the server or a firewall forgets "
                "it, or open a new connection and try once more",
            ),
            Cause(
                "peer-reset-unanswered",
                "the connection was reset, and the newest data was this "
                "program's: it got no answer",
                "read the peer's log: a crash, a restart or a refusal while "
                "it worked on this; whether it did the work is not known",
            ),
            Cause(
                "peer-reset-at-once",
                "the connection was reset before any data went either way",
                "read the peer's log: it, or a load balancer in front of it, "
                "drops connections as it takes them",
            ),
            Cause(
                "peer-reset",
                "the connection was reset; whose data was the newest cannot "
                "be told",
                _PEERS_LOG,
            ),
        ),
    ),
    ("22", "BrokenConnectionError"): (
        "write: the peer closed, we wrote, its host answered RST, we write "
        "again",
        (
            Cause(
                "broken-pipe",
                "the connection had ended before this write; in C this is a "
                "SIGPIPE",
                "read before writing: the end of file, or the error, would "
                "have told",
            ),
        ),
    ),
    ("22a", "ConnectionKilledError"): (
        "this machine's administrator killed the socket",
        (
            Cause(
                "killed-here",
                "a program with CAP_NET_ADMIN on this machine killed the "
                "socket (SOCK_DESTROY: `ss -K`, or a manager that uses it)",
                "ask who administers this machine's network",
            ),
        ),
    ),
    ("23", "WriteAfterShutdownError"): (
        "write after our own shutdown(SHUT_WR)",
        (
            Cause(
                "write-after-shutdown",
                "this end has sent its FIN, by a shutdown(), and cannot send "
                "any more",
                "look for the shutdown() before this write in this program, "
                "or in another process that has the socket",
            ),
        ),
    ),
    ("24", "PeerSilentError"): (
        "established: the peer fell silent, retransmission or keepalive "
        "gave up",
        (
            Cause(
                "peer-silent",
                "the peer's host stopped answering, and the kernel gave up",
                "see whether {host} is up and the path to it works; "
                "TCP_USER_TIMEOUT decides how soon this is noticed",
            ),
            Cause(
                "peer-window-closed",
                "the peer's host answered, but its program took no data "
                "until the kernel gave up (TCP_USER_TIMEOUT)",
                "find out why the program at {address} does not read",
            ),
        ),
    ),
    ("25", "PeerUnreachableError"): (
        "established: a router says unreachable or prohibited until the "
        "kernel gives up",
        (
            Cause(
                "path-unreachable",
                "the path to the peer is gone: ICMP errors came while data "
                "was unanswered, or nothing could leave this machine",
                "`ip route get {host}` here, then the path: a route or a "
                "firewall changed while connected",
            ),
        ),
    ),
    ("26", "TransferTimeoutError"): (
        "read or write: the socket's timeout ran out",
        (
            Cause(
                "timeout-peer-silent",
                "the peer's host does not acknowledge what was sent",
                "see whether {host} is up and the path to it works",
            ),
            Cause(
                "timeout-program-slow",
                "the peer's host has acknowledged all that was sent, and no "
                "answer has come: its program is slow or waits for more, or "
                "the answer is lost on its way",
                "look at the program at {address}: what it does, and whether "
                "it got the whole request",
            ),
            Cause(
                "timeout-window-closed",
                "the peer's window is closed: its program does not read",
                "find out why the program at {address} does not read",
            ),
            Cause(
                "timeout-nothing-sent",
                "this program has sent nothing, and the peer has not either",
                "see whose turn it is to speak first in this protocol",
            ),
            Cause(
                "timeout",
                "the call did not finish in that time; who kept it waiting "
                "cannot be told",
                None,
            ),
        ),
    ),
    ("27", "TransferWouldBlockError"): (
        "read or write: would block",
        (
            Cause(
                "would-block",
                "not a failure: nothing to read, or no room to write, right "
                "now",
                "wait until the socket is readable, or writable",
            ),
        ),
    ),
}
