"""Commands that read sockets, in another network namespace."""

import json
import os
import socket
import subprocess

import pytest

from lab.capabilities import call_without_capabilities
from lab.namespace import Namespace
from pysock.cli import main
from support.command import pysock_command, start

pytest_plugins = ["lab.fixtures"]

COMMANDS = ("sockets", "info", "watch", "obituaries")
BOUNDED = {
    "sockets": (),
    "info": ("--wait", "0"),
    "watch": ("--count", "1"),
    "obituaries": ("--timeout", "0"),
}


@pytest.fixture
def elsewhere(lab_is_possible):
    """A process in a namespace of its own, which has a listener there."""
    namespace = Namespace()
    try:
        with namespace.entered():
            namespace.ip("link set lo up")
            server = socket.create_server(("127.0.0.1", 0))
            child = subprocess.Popen(
                ["cat"], stdin=subprocess.PIPE, pass_fds=[server.fileno()]
            )
        with child, server:
            yield namespace, child.pid, server
    finally:
        namespace.close()


def said(command, *words):
    how = "--json" if command == "info" else "--jsonl"
    done = pysock_command(command, *BOUNDED[command], *words, how)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    return found[0] if command == "info" else found


@pytest.mark.parametrize("command", ["sockets", "info", "watch"])
def test_by_a_process(command, elsewhere):
    """With --netns or with --pid alone; a command without sees it not."""
    _, pid, server = elsewhere
    inode = os.fstat(server.fileno()).st_ino
    for words in (("--netns", pid), ("--pid", pid)):
        assert said(command, *words)["inode"] == inode
    # Somebody else may have the same port here.
    here = pysock_command("sockets", "--jsonl").stdout.splitlines()
    assert inode not in {json.loads(line)["inode"] for line in here}


def test_waiting_for_accept_elsewhere(elsewhere):
    """What `watch` reads besides the socket itself is read there too."""
    namespace, pid, server = elsewhere
    with namespace.entered():
        client = socket.create_connection(server.getsockname())
    with client:
        reading = said("watch", "--state", "listen", "--netns", pid)
    assert reading["recv_queue"] == 1
    assert reading["queue_wait_ms"] is not None


def test_deaths_elsewhere(elsewhere):
    namespace, pid, server = elsewhere
    words = ("--netns", pid, "--port", server.getsockname()[1])
    with start("obituaries", *words, "--count", "2") as child:
        # The titles are printed when it has subscribed.
        assert child.stdout.readline().startswith("time")
        with namespace.entered():
            client = socket.create_connection(server.getsockname())
        server.accept()[0].close()
        client.close()
        out, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (0, "")
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--netns", "no-such-network"), "no-such-network"),
        (("--netns", "a/b"), "ip netns"),
        (("--netns", 2**22 + 1), "process 4194305"),
    ],
)
def test_cannot_look(command, words, what):
    done = pysock_command(command, *BOUNDED[command], *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"pysock {command}: ")
    assert done.stderr.count("\n") == 1
    assert what in done.stderr


def test_no_right_to_look(elsewhere, capsys):
    """Nothing found would be the wrong answer: it says that it may not."""
    _, pid, _ = elsewhere
    words = ["sockets", "--pid", str(pid)]
    assert call_without_capabilities(lambda: main(words)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("pysock sockets: ")
    assert f"process {pid}" in err
    assert "root" in err


def test_no_such_process():
    done = pysock_command("sockets", "--pid", 2**22 + 1)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pysock sockets: ")
    assert "process 4194305" in done.stderr
