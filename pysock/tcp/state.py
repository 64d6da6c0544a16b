"""The states of a TCP connection, by the kernel's names and numbers."""

from __future__ import annotations

from enum import IntEnum


class TcpState(IntEnum):
    """One TCP state: the kernel's name and number, and `ss`'s word.

    `str()` gives the word that `ss` prints (`ESTAB`, `CLOSE-WAIT`), `.name`
    the kernel's (`ESTABLISHED`, `CLOSE_WAIT`), and the value is the number in
    `tcpi_state` (include/net/tcp_states.h).
    """

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECV = 3
    FIN_WAIT1 = 4
    FIN_WAIT2 = 5
    TIME_WAIT = 6
    CLOSE = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11

    def __str__(self) -> str:
        return _SS_WORDS[self]

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


_SS_WORDS = {
    TcpState.ESTABLISHED: "ESTAB",
    TcpState.SYN_SENT: "SYN-SENT",
    TcpState.SYN_RECV: "SYN-RECV",
    TcpState.FIN_WAIT1: "FIN-WAIT-1",
    TcpState.FIN_WAIT2: "FIN-WAIT-2",
    TcpState.TIME_WAIT: "TIME-WAIT",
    TcpState.CLOSE: "UNCONN",
    TcpState.CLOSE_WAIT: "CLOSE-WAIT",
    TcpState.LAST_ACK: "LAST-ACK",
    TcpState.LISTEN: "LISTEN",
    TcpState.CLOSING: "CLOSING",
}


class TcpCaState(IntEnum):
    """State of congestion control (`tcpi_ca_state`)."""

    OPEN = 0
    DISORDER = 1
    CWR = 2
    RECOVERY = 3
    LOSS = 4


class FastOpenFailure(IntEnum):
    """Why TCP Fast Open did not work for a client (kernel 5.5)."""

    UNSPECIFIED = 0
    COOKIE_UNAVAILABLE = 1
    DATA_NOT_ACKED = 2
    SYN_RETRANSMITTED = 3
