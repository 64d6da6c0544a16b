"""What the rows of connect (1 to 10) mean."""

from __future__ import annotations

from pysock.errors.failure import Cause

_WAIT = "wait until the socket is writable, then ask `take_error()`"
_SILENCE = (
    "`pysock path {host} {port}` shows where the SYN dies: a firewall drops "
    "it, the host is down, or the server's accept queue is full (there: "
    "`ss -ltn`, Recv-Q above Send-Q)"
)

CAUSES = {
    ("1", "ConnectTimeoutError"): (
        "connect: no answer to the SYN, the kernel gives up",
        (
            Cause(
                "connect-timeout-kernel",
                "no SYN was answered until the kernel gave up",
                _SILENCE,
            ),
        ),
    ),
    ("2", "ConnectTimeoutError"): (
        "connect: no answer within the caller's timeout",
        (
            Cause(
                "connect-timeout-deadline",
                "no SYN was answered before the caller's timeout ran out",
                _SILENCE,
            ),
        ),
    ),
    ("3", "ConnectRefusedError"): (
        "connect: RST, nobody listens on that port",
        (
            Cause(
                "connect-refused-reset",
                "the SYN was answered with a RST: nothing listens there, or "
                "a firewall answers in its name",
                "start the server, or correct port {port}; on {host} "
                "`ss -ltn 'sport = :{port}'` shows who listens",
            ),
            Cause(
                "connect-refused",
                "the connection was refused; whether by a RST or by an ICMP "
                "message cannot be told",
                "start the server, or correct port {port}; else look for a "
                "firewall that rejects",
            ),
        ),
    ),
    ("3a", "ConnectResetError"): (
        "connect: RST after the SYN-ACK",
        (
            Cause(
                "connect-reset",
                "the SYN was accepted, and the connection was reset before "
                "the kernel reported it as connected",
                "read the server's log: it, or a load balancer in front of "
                "it, drops connections as it takes them",
            ),
        ),
    ),
    ("4", "ConnectRefusedError"): (
        "connect: ICMP port unreachable",
        (
            Cause(
                "connect-refused-icmp",
                "an ICMP message refused the connection, not the peer's TCP",
                "look for a REJECT rule in the firewall of the machine that "
                "sent it",
            ),
        ),
    ),
    ("5", "HostUnreachableError"): (
        "connect: ICMP host unreachable or prohibited, TTL exceeded, no ARP "
        "or ND answer",
        (
            Cause(
                "connect-unreachable-host",
                "the host cannot be reached: a router said so, or nobody on "
                "the link answered for its address",
                "see whether {host} is up; else the routes and firewall of "
                "the machine that said so",
            ),
        ),
    ),
    ("6", "NetworkUnreachableError"): (
        "connect: ICMP network unreachable or prohibited; no route here",
        (
            Cause(
                "connect-unreachable-net",
                "the network cannot be reached: a router said so",
                "see where the packets go: `ip route get {host}` here, then "
                "the routes of the machine that said so",
            ),
            Cause(
                "connect-no-route",
                "this machine has no route to the address",
                "`ip route get {host}` shows what the kernel finds",
            ),
        ),
    ),
    ("6a", "ConnectUnreachableError"): (
        "connect: the other ICMP answers",
        (
            Cause(
                "connect-unreachable-icmp",
                "an ICMP message of a rarer kind ended the attempt",
                "look at the machine that sent it: its firewall, or the path "
                "to it",
            ),
        ),
    ),
    ("7", "ConnectDeniedError"): (
        "connect: denied by a prohibit route, by policy, or by a router "
        "(IPv6)",
        (
            Cause(
                "connect-denied",
                "the connection was forbidden: by a route, a firewall or a "
                "policy",
                "`ip route get {host}` and `ip rule` here; then the firewall "
                "(`nft list ruleset`) and the program's sandbox",
            ),
        ),
    ),
    ("7a", "ConnectError"): (
        "connect: a blackhole route, or an address that makes no sense from "
        "this socket",
        (
            Cause(
                "connect-invalid",
                "the kernel finds no sense in the address for this socket: a "
                "blackhole route, a link-local address without its "
                "interface, or a bound address from which it cannot be "
                "reached",
                "`ip route get {host}` shows what the kernel finds",
            ),
        ),
    ),
    ("8", "ConnectInProgressError"): (
        "connect: non-blocking, under way",
        (
            Cause(
                "connect-in-progress",
                "not a failure: the handshake goes on while the program does "
                "other work",
                _WAIT,
            ),
        ),
    ),
    ("8", "ConnectAlreadyError"): (
        "connect: non-blocking, asked again while under way",
        (
            Cause(
                "connect-already",
                "not a failure: the first attempt has not ended yet",
                _WAIT,
            ),
        ),
    ),
    ("9", "ConnectError"): (
        "connect: any other errno, from connect(), take_error() or a second "
        "connect()",
        (
            Cause(
                "connect-other",
                "the connect failed with an errno that no row has",
                None,
            ),
        ),
    ),
    ("10", "AlreadyConnectedError"): (
        "connect on a connected socket, or on a listener",
        (
            Cause(
                "connect-twice",
                "the socket is connected already, or listens",
                "make a new socket for a new connection",
            ),
        ),
    ),
}
