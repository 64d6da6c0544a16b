"""The names and numbers of states."""

import pytest

from pysock import TcpState
from pysock.tcp.state import FastOpenFailure, TcpCaState

# include/net/tcp_states.h, and what `ss` prints for each.
KERNEL = {
    "ESTABLISHED": (1, "ESTAB"),
    "SYN_SENT": (2, "SYN-SENT"),
    "SYN_RECV": (3, "SYN-RECV"),
    "FIN_WAIT1": (4, "FIN-WAIT-1"),
    "FIN_WAIT2": (5, "FIN-WAIT-2"),
    "TIME_WAIT": (6, "TIME-WAIT"),
    "CLOSE": (7, "UNCONN"),
    "CLOSE_WAIT": (8, "CLOSE-WAIT"),
    "LAST_ACK": (9, "LAST-ACK"),
    "LISTEN": (10, "LISTEN"),
    "CLOSING": (11, "CLOSING"),
}


def test_states_are_the_kernels():
    found = {state.name: (state.value, str(state)) for state in TcpState}
    assert found == KERNEL


def test_format_is_the_word():
    assert f"{TcpState.CLOSE_WAIT:>11}|" == " CLOSE-WAIT|"
    assert TcpState.LISTEN == 10


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (TcpCaState, ["OPEN", "DISORDER", "CWR", "RECOVERY", "LOSS"]),
        (
            FastOpenFailure,
            [
                "UNSPECIFIED",
                "COOKIE_UNAVAILABLE",
                "DATA_NOT_ACKED",
                "SYN_RETRANSMITTED",
            ],
        ),
    ],
)
def test_the_other_enums(kind, names):
    assert [member.name for member in kind] == names
    assert [member.value for member in kind] == list(range(len(names)))
