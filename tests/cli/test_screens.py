"""Every command as it is seen: terminals, pipes, jq, ASCII, a full disk."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pysock.cli.parser import COMMANDS
from support import loopback
from support.command import ROOT, on_terminal, pysock_command, start
from support.quiet import quiet  # noqa: F401
from support.requirements import skip_or_fail

PORT = "PORT"
# What each is asked, and the exit statuses that it may end with.
ASKED = {
    "connect": (["127.0.0.1", "9"], 1),
    "path": (["127.0.0.1", "9"], 1),
    "doctor": (["--seconds", "0.1"], 1),
    "ps": ([str(os.getpid())], 0),
    "sockets": ([], 0),
    "info": (["--state", "listen", PORT, "--wait", "0"], 0),
    "watch": ([PORT, "--count", "2", "--interval", "0.05"], 0),
    "obituaries": (["--timeout", "0"], 0),
    "exporter": (["--once"], 0),
    "errors": ([], 0),
    "bench": (["info", "--quick"], 0),
    "tour": (["--life"], 0),
    "run": (["-c", "print('a program')"], 0),
    "env": ([], 0),
    "completion": (["bash"], 0),
}
# For a shell or for another program: a line is as long as it is.
NOT_FOR_A_SCREEN = {"exporter", "run", "env", "completion"}
WITH_JSON = {
    "connect", "path", "doctor", "ps", "sockets", "info", "obituaries",
    "errors", "bench", "tour",
}  # fmt: skip
COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-7]|9[0-7])\b[0-9;]*m")

everyone = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture(autouse=True)
def trouble(quiet):  # noqa: F811
    """A full listener, and a connection that one end has closed."""
    with loopback.listen(socket, loopback.IPV4, backlog=0) as listener:
        client, server = loopback.connected(socket, loopback.IPV4)
        with client, server:
            client.close()
            loopback.wait_readable(server)
            with socket.create_connection(listener.getsockname()):
                yield str(listener.getsockname()[1])


def words_for(name, port, *more):
    words, status = ASKED[name]
    words = [port if word == PORT else word for word in words]
    if name == "run":
        return [name, *words], status
    return [name, *words, *more], status


def without_colour(text):
    # A screen that is drawn anew begins at its home.
    text = re.sub(r"\x1b\[(H|\?1049[hl])", "\n", text)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def without_progress(text):
    """What takes its time says on the other output how far it is."""
    return re.sub(r"^[a-z_]+: [\d.]+ s\n", "", text, flags=re.MULTILINE)


def test_every_command_is_asked():
    assert list(ASKED) == list(COMMANDS)


@everyone
@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal(name, columns, trouble):
    words, status = words_for(name, trouble)
    ended, shown = on_terminal(*words, columns=columns)
    assert ended == status, shown
    plain = without_colour(shown)
    assert "Traceback" not in plain
    if name not in NOT_FOR_A_SCREEN:
        # A line of progress writes over itself.
        lines = re.split(r"[\r\n]", plain)
        assert [line for line in lines if len(line) > columns] == []


@everyone
def test_without_colours(name, trouble):
    words, status = words_for(name, trouble)
    ended, shown = on_terminal(*words, columns=80, env={"NO_COLOR": "1"})
    assert ended == status
    assert COLOUR.search(shown) is None


@everyone
def test_into_a_pipe(name, trouble):
    words, status = words_for(name, trouble)
    done = pysock_command(*words)
    assert (done.returncode, without_progress(done.stderr)) == (status, "")
    assert "\x1b" not in done.stdout
    assert done.stdout.endswith("\n")


@pytest.mark.parametrize("name", sorted(WITH_JSON))
def test_through_jq(name, trouble):
    if shutil.which("jq") is None:
        skip_or_fail("`jq` is not installed")
    words, status = words_for(name, trouble, "--json")
    done = pysock_command(*words)
    assert done.returncode == status
    said = json.loads(done.stdout)
    counted = subprocess.run(
        ["jq", "length"], input=done.stdout, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    assert int(counted.stdout) == len(said)


def test_every_json_is_asked():
    """A command with --json is in the set above."""
    found = {
        name
        for name in COMMANDS
        if "[--json]" in pysock_command("help", name).stdout
    }
    assert found == WITH_JSON


@everyone
def test_an_output_without_utf8(name, trouble):
    words, status = words_for(name, trouble)
    done = pysock_command(
        *words, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, without_progress(done.stderr)) == (status, "")
    assert done.stdout.isascii()


@everyone
def test_a_full_disk(name, trouble):
    words, _ = words_for(name, trouble)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pysock", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            cwd=ROOT,
        )
    if name == "run":
        # Its output is the program's: as Python ends then, buffered or not.
        assert done.returncode in (1, 120)
        return
    assert done.returncode == 2
    assert without_progress(done.stderr) == (
        f"pysock {name}: output: No space left on device\n"
    )


@everyone
def test_a_closed_pipe(name, trouble):
    words, _ = words_for(name, trouble)
    with start(*words) as child:
        child.stdout.close()
        said = child.stderr.read()
        ended = child.wait(timeout=60)
    if name == "run":
        assert ended in (1, 120)
        return
    assert (ended, without_progress(said)) == (141, "")
