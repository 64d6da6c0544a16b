"""Rows that are made without a far end: how, and by which tests."""

LOCAL, ACCEPT = "lab/test_local.py", "lab/test_accept.py"
CAUSES = "lab/test_causes.py"
ESTABLISHED, CONNECT = "lab/test_established.py", "lab/test_connect.py"

# row: how it is made, and the file of the test that makes it.
MADE = {
    "3a": (
        "a listener accepts and resets before a non-blocking connect asks "
        "how it ended",
        LOCAL,
    ),
    "8": ("a connect to a host that is silent, asked again", LOCAL),
    "9": (
        "every scenario of rows 1 to 7, its socket non-blocking, read by "
        "`take_error()`, by a second `connect()` and by asyncio",
        CONNECT,
    ),
    "10": ("a second connect on a connected socket", LOCAL),
    "11": (
        "bind to a listener's address; listen on the second of two sockets "
        "bound with SO_REUSEADDR; bind to port 0 with every port taken",
        LOCAL,
    ),
    "12": ("bind to an address that no interface has", LOCAL),
    "13": ("bind to port 80 by a thread without capabilities", LOCAL),
    "16": ("accept from an empty queue", ACCEPT),
    "16a": (
        "bind twice, listen on a connected socket, accept before listen",
        "explain/test_explanation.py",
    ),
    "17": ("accept4 made to fail by a seccomp filter", ACCEPT),
    "18": ("accept4 made to fail by a seccomp filter", ACCEPT),
    "19": (
        "EMFILE by RLIMIT_NOFILE; the other errnos of accept4 by a seccomp "
        "filter",
        ACCEPT,
    ),
    "20a": (
        "shutdown of the read side through another descriptor, and an end "
        "that a write was told of",
        CAUSES,
    ),
    "37": (
        "a path without a socket, with one that nobody listens on, with a "
        "full queue, without permission, of another type",
        CAUSES,
    ),
    "26": (
        "a read with a timeout of 0.05 s from a silent far end",
        ESTABLISHED,
    ),
    "27": ("a non-blocking read from a silent far end", ESTABLISHED),
    "28": ("recv, send, shutdown, getpeername on a new socket", LOCAL),
    "29": ("every call on a closed socket", LOCAL),
    "30": (
        "tcp_info() of a UDP socket, a pipe, a file",
        "errors/test_failures_any_call.py",
    ),
    "35": (
        "a peer that resets, closes, falls silent, speaks HTTP, or shows a "
        "certificate that nobody trusts",
        "integrations/test_tls.py",
    ),
    "31": ("names that no resolver knows", "errors/test_failures_any_call.py"),
}
