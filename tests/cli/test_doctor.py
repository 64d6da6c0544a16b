"""`pysock doctor` as a command: where it looks, what it shows."""

import re

import pytest

from lab import services
from lab.namespace import Namespace
from lab.place import LOOPBACK
from lab.services import service
from lab.waiting import until
from pysock.cli import main
from pysock.sock_diag.waiting import waits
from support.command import interrupt, on_terminal, pysock_command, start
from support.diagnosing import SERVICE, connect, doctor

pytest_plugins = ["lab.fixtures"]


def test_another_namespace(lab_is_possible):
    """By a process that is in it; what is there is not here."""
    other = Namespace()
    try:
        with other.entered():
            other.ip("link set lo up")
            running = service(services.FULL, "127.0.0.1", SERVICE)
            pid = running.__enter__()
            clients = [connect(4) for _ in range(2)]
        try:
            for words in (("--netns", pid), ("--pid", pid)):
                status, found = doctor(*words, seconds=0.2)
                assert (status, list(found)) == (1, ["listener-full"])
        finally:
            for client in clients:
                client.close()
            running.__exit__(None, None, None)
    finally:
        other.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pid", 2**22 + 1), "process 4194305"),
        (("--netns", "no-such-network"), "no-such-network"),
        (("--netns", "a/b"), "ip netns"),
    ],
)
def test_cannot_look(words, said):
    done = pysock_command("doctor", "--seconds", "0.1", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pysock doctor: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "99999", "x"])
def test_bad_usage(seconds):
    done = pysock_command("doctor", "--seconds", seconds)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: pysock doctor")


def test_ctrl_c_ends_at_once(place):
    with start("doctor", "--seconds", "60") as running:
        until(
            lambda: any(
                wait.call in ("clock_nanosleep", "select", "pselect6")
                for wait in waits(running.pid)
            ),
            what="pause between its two looks",
        )
        status, _, err, took = interrupt(running)
    assert (status, err) == (130, "")
    assert took < 5


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_fits_a_terminal(place, columns):
    with service(services.FULL, LOOPBACK[4], SERVICE):
        clients = [connect(4) for _ in range(2)]
        status, shown = on_terminal(
            "doctor", "--seconds", "0.2", columns=columns
        )
        for client in clients:
            client.close()
    assert status == 1
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= columns
    assert "is full" in re.sub(r"\s+", " ", plain)


def test_main_can_be_called(place, capsys):
    assert main(["doctor", "--seconds", "0.1"]) == 0
    assert capsys.readouterr().out.startswith("nothing wrong: 0 sockets")
