"""What would break a library of sockets: a short version of each, and a long.

Each is a script of its own in stress/: a crash, a hang or a descriptor closed
twice there hits nobody else. `make stress` runs the long ones.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab import namespace
from lab.namespace import Namespace
from support.requirements import skip_or_fail

SCRIPTS = Path(__file__).resolve().parent


def short_and_long(short, long, seconds=1800):
    """Run a test twice: briefly in every run, at length in `make stress`."""
    marks = [pytest.mark.stress, pytest.mark.timeout(seconds)]
    return pytest.mark.parametrize(
        "size",
        [pytest.param(short, id="short"),
         pytest.param(long, id="long", marks=marks)],
    )  # fmt: skip


def run(script, *args, limit):
    """Run one of the scripts to its end, and give its report."""
    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPTS / script, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=limit,
    )
    # Not only the status: an exception in a thread or in __del__ is here.
    assert done.stderr == "", done.stderr[-6000:]
    assert done.returncode == 0
    return json.loads(done.stdout)


@short_and_long(3, 60)
def test_threads_race_on_the_same_sockets(size):
    seen = run("races.py", size, limit=size + 40)
    assert seen["unexpected"] == [], seen
    assert seen["leaked"] == 0, seen
    moves = {name.split()[0] for name in seen["counts"]}
    assert len(moves) == 17, sorted(moves)
    # It was a race: sockets were closed while others used them.
    kinds = {name.split()[-1] for name in seen["counts"] if " " in name}
    assert "ClosedSocketError" in kinds
    assert "PeerResetError" in kinds


@short_and_long(30, 600)
def test_forks_beside_threads_that_connect(size):
    seen = run("forks.py", size, limit=60 + size)
    assert seen["bad"] == []
    assert seen["failures"] == []
    assert min(seen["talks"]) > 0


@short_and_long(3, 60)
def test_signals_at_1_khz_in_every_call_that_blocks(size):
    seen = run("alarms.py", size, limit=size + 60)
    assert min(seen["rounds"].values()) >= 2
    assert seen["signals"] > 100 * size


@short_and_long(20_000, 1_000_000)
def test_many_connections_leave_nothing(size):
    if namespace.missing() is None:
        # Where nobody else's sockets are counted.
        alone = Namespace()
        try:
            with alone.entered():
                alone.ip("link set lo up")
                seen = run("churn.py", size, limit=60 + size / 500)
        finally:
            alone.close()
        assert seen["after"]["sockets"] == seen["before"]["sockets"]
    else:
        seen = run("churn.py", size, limit=60 + size / 500)
    before, after = seen["before"], seen["after"]
    assert seen["done"] >= size
    assert after["descriptors"] == before["descriptors"]
    assert abs(after["objects"] - before["objects"]) < 50
    # The allocator's own doing, not one byte for each connection.
    assert after["resident"] - before["resident"] < 2**20


@short_and_long(3, 1000, seconds=7200)
def test_failures_on_demand_leave_nothing(size):
    script = ("failures_on_demand.py", size, "--json")
    seen = run(*script, limit=60 + 6 * size)
    assert len(seen["left"]) + len(seen["skipped"]) == 30
    assert {name: what for name, what in seen["left"].items() if what} == {}
    if seen["skipped"]:
        skip_or_fail(f"left out: {seen['skipped']}")


@short_and_long(1_500, 100_000)
def test_what_delivery_says_is_so(size):
    seen = run("deliveries.py", size, 20261124, limit=60 + size / 100)
    assert seen["wrong"] == []
    # Each verdict came, and the counter-example did: read, and not
    # acknowledged.
    counts = seen["seen"]
    assert counts["acknowledged"] > size / 20
    assert counts["unknown"] > size / 20
    assert counts["unacknowledged and read"] > 0
    assert counts["fin_first True"] > size / 20
