"""The same random calls, plain and noted: the same values and exceptions."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from support import loopback
from support.requirements import skip_or_fail

SCRIPT = Path(__file__).parent.parent / "support" / "random_calls.py"
STEPS = 600

# In how many of the runs of a seed the two sides must agree: in one. A race
# with the kernel's own timers may make two runs of the same face differ.
TRIES = 3


def lines_of(face, seed, family, steps):
    done = subprocess.run(
        [sys.executable, SCRIPT, face, seed, str(steps), str(int(family))],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def compare(seed, family, steps):
    if family == socket.AF_INET6 and not loopback.has_ipv6():
        skip_or_fail("the loopback interface has no IPv6 address ::1")
    for _ in range(TRIES):
        plain, noted = (
            lines_of(face, seed, family, steps) for face in ("plain", "noted")
        )
        assert len(plain) == steps
        if plain == noted:
            return
    for number, (ours, theirs) in enumerate(zip(noted, plain, strict=True)):
        assert ours == theirs, f"seed {seed}, call {number}"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=str)
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_same_calls_same_outcome(seed, family):
    compare(seed, family, STEPS)


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_many_calls_same_outcome():
    for seed in range(100, 200):
        compare(str(seed), socket.AF_INET, 3000)
