"""`pysock tour --life`: the states of the notes, as the kernel shows them."""

import json

import pytest

from pysock import AF_INET, AF_INET6, TcpState
from pysock.cli.tour import life
from support.command import pysock_command

STATES = [
    ("CLOSE", "LISTEN"),
    ("SYN_SENT", "LISTEN"),
    ("ESTABLISHED", "SYN_RECV"),
    ("ESTABLISHED", "ESTABLISHED"),
    ("ESTABLISHED", "ESTABLISHED"),
    ("FIN_WAIT1", "ESTABLISHED"),
    ("FIN_WAIT2", "CLOSE_WAIT"),
    ("FIN_WAIT2", "CLOSE_WAIT"),
    ("FIN_WAIT2", "LAST_ACK"),
    ("TIME_WAIT", None),
    ("ESTABLISHED", "ESTABLISHED"),
    ("FIN_WAIT1", "FIN_WAIT1"),
    ("CLOSING", "FIN_WAIT2"),
    ("TIME_WAIT", "TIME_WAIT"),
    ("ESTABLISHED", "ESTABLISHED"),
    (None, "CLOSE"),
]


@pytest.mark.parametrize("family", [AF_INET, AF_INET6])
def test_every_moment_is_as_it_is_told(family):
    assert [moment[:2] for moment in life.tell(family)] == STATES


def test_every_state_is_in_it():
    seen = {state for states in STATES for state in states}
    assert seen - {None} == {state.name for state in TcpState}


def test_command():
    done = pysock_command("tour", "--life", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert [(one["client"], one["server"]) for one in told] == STATES
    assert all(one["what"] for one in told)
