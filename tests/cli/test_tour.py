"""`pysock tour`: every row of the catalogue is made, or named as left out."""

import ctypes
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from pysock import errors
from pysock.cli import main
from pysock.cli import tour as tour_command
from pysock.cli.tour import NOT_MADE, SCENARIOS, _in_order
from pysock.cli.tour.child import in_child
from support.command import interrupt, pysock_command, start
from support.requirements import skip_or_fail

# The whole tour takes 8 s on an idle machine.
pytestmark = pytest.mark.timeout(120)

# All imports come first: the interpreter may be where only root can read.
_AS_NOBODY = """
import argparse, encodings.idna, json, os, sys
import pysock.cli.tour, pysock.explain.explanation, pysock.sock_diag
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
from pysock.cli import main
sys.exit(main(["tour", "--quick", "--json"]))
"""
_NEWNET = 0x40000000


@pytest.fixture(scope="module")
def tour():
    """One tour, taken to the end."""
    started = time.monotonic()
    done = pysock_command("tour", "--json", timeout=100)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout), time.monotonic() - started


def test_every_failure_is_as_the_catalogue_promises(tour):
    status, stops, _ = tour
    wrong = [stop for stop in stops if stop["outcome"] == "not as promised"]
    assert (status, wrong) == (0, [])


def test_every_row_of_the_catalogue_is_made_or_named(tour):
    _, stops, _ = tour
    shown = {(one["number"], one["promised"]["class"]) for one in stops}
    for row in errors.CATALOGUE:
        # The classes of rows 9 and 17 on Linux are those of 3 and 21.
        assert {n for n, _ in shown} >= {row.number}
        if row.number not in ("9", "17"):
            assert (row.number, row.error.__name__) in shown


def test_with_privileges_only_what_nobody_can_make_is_left_out(tour):
    if not can_make_namespaces() or not has_programs("ip", "nft"):
        skip_or_fail("network namespaces, or ip or nft, are missing")
    _, stops, _ = tour
    left_out = [
        (stop["number"], stop["promised"]["class"])
        for stop in stops
        if stop["outcome"] == "left out"
    ]
    assert sorted(left_out) == sorted(NOT_MADE)


def test_both_families_are_visited(tour):
    _, stops, _ = tour
    made = [one for one in stops if one["outcome"] == "as promised"]
    addresses = {4: 0, 6: 0}
    for stop in made:
        host = ((stop["error"] or {}).get("address") or [None])[0]
        if host is not None and stop["family"]:
            assert (":" in host) == (stop["family"] == 6)
            addresses[stop["family"]] += 1
    assert addresses[4] > 10
    assert addresses[6] > 10


def test_each_stop_has_the_evidence(tour):
    _, stops, _ = tour
    for stop in stops:
        if stop["outcome"] != "as promised":
            assert stop["reason"]
            continue
        error, promised = stop["error"], stop["promised"]
        assert error["error"] == promised["class"]
        assert (error["origin"] or {}).get("kind") == promised["origin"]
        assert stop["explanation"]
        if promised["origin"] == "icmp" and stop["number"] in ("4", "6a"):
            # Over IPv6 nobody asks the kernel who it was, to this machine.
            here = error["address"][0]
            knows = here == "127.0.0.1"
            assert error["origin"]["offender"] == (here if knows else None)


def test_promises_are_those_of_the_catalogue():
    """What a scenario expects is what its row says, not what came."""
    for one in SCENARIOS:
        rows = [r for r in errors.CATALOGUE if r.number == one.number]
        origins = {origin for row in rows for origin in row.origins}
        assert rows
        assert one.origin in origins | {None}
        if one.number not in ("9", "17"):
            assert one.kind in {row.error for row in rows}
        else:
            assert one.row in rows
        numbers = {number for row in rows for number in row.errnos}
        if one.errno_name is not None and one.number not in ("9", "17"):
            assert getattr(errno, one.errno_name) in numbers


def test_order_is_the_catalogues():
    numbers = [row.number for row in errors.CATALOGUE]
    places = [numbers.index(one.number) for one in _in_order()]
    assert places == sorted(places)


def test_tour_is_over_soon(tour):
    # 15 s on an idle machine; this one may be busy with other things.
    assert tour[2] < 45


def test_table_is_plain_in_a_pipe_and_sums_up():
    done = pysock_command("tour", "--quick")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    titles, *lines = done.stdout.splitlines()
    assert titles.split()[:6] == [
        "row", "IP", "errno", "class", "origin", "state",
    ]  # fmt: skip
    assert re.fullmatch(
        r"\d+ failures made by the kernel and as promised, \d+ left out; "
        r"\d+\.\d s\.",
        lines[-1],
    )
    [refused] = [line for line in lines if re.match(r"3\b", line)]
    for word in ("ECONNREFUSED", "ConnectRefusedError", "peer", "UNCONN"):
        assert word in refused.split()


def test_rows_are_printed_as_they_are_made():
    with start("tour") as child:
        first = child.stdout.readline(), child.stdout.readline()
        assert child.poll() is None
        interrupt(child)
    assert first[0].startswith("row")
    assert first[1].startswith("1 ")


def test_ctrl_c_ends_at_once_and_leaves_no_child():
    with start("tour") as child:
        assert child.stdout.readline()
        status, _, err, took = interrupt(child)
    assert (status, err) == (130, "")
    assert took < 2


def test_user_without_privileges_can_take_it():
    if os.geteuid() != 0:
        skip_or_fail("only root can become another user")
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    stops = json.loads(done.stdout)
    made = {s["number"] for s in stops if s["outcome"] == "as promised"}
    # 1 and 24 are left out by --quick.
    assert made >= {
        "2", "3", "6", "8", "9", "10", "11", "12", "13", "15", "16", "17",
        "19", "20", "21", "22", "23", "26", "27", "28", "29", "30", "32", "33",
    }  # fmt: skip
    for stop in stops:
        assert stop["outcome"] == "as promised" or stop["reason"]


def test_wrong_promise_is_noticed(monkeypatch, capsys):
    """The tour compares: a row that comes out otherwise makes it fail."""
    [refused] = [one for one in SCENARIOS if one.number == "3"]
    monkeypatch.setattr(refused, "origin", "icmp")
    monkeypatch.setattr(tour_command, "SCENARIOS", [refused])
    assert main(["tour"]) == 1
    said = capsys.readouterr().out
    assert "NOT AS PROMISED" in said
    assert "1 NOT as promised" in said or "2 NOT as promised" in said


def died(_):
    os._exit(3)


def fell_over(_):
    raise TypeError("a bug")


def in_a_child(make):
    return lambda place: in_child(lambda: make(place), prepare=lambda: None)


@pytest.mark.parametrize(
    "make",
    [fell_over, in_a_child(fell_over), in_a_child(died)],
    ids=["fell over here", "fell over in a child", "a child died"],
)
def test_bug_is_never_taken_for_something_left_out(monkeypatch, capsys, make):
    [one] = [one for one in SCENARIOS if one.number == "3"]
    monkeypatch.setattr(one, "make", make)
    monkeypatch.setattr(tour_command, "SCENARIOS", [one])
    assert main(["tour"]) == 1
    said = capsys.readouterr().out
    assert "NOT AS PROMISED" in said
    assert "a bug" in said or "died" in said


def has_programs(*names):
    folders = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return all(shutil.which(name, path=folders) for name in names)


def can_make_namespaces():
    child = os.fork()
    if child == 0:
        made = ctypes.CDLL(None).unshare(_NEWNET) == 0
        os._exit(0 if made else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
