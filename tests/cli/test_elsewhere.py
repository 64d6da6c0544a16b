"""Commands that read sockets, in another network namespace."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys

import pytest

from lab.capabilities import call_without_capabilities
from lab.namespace import Namespace
from pysock.cli import main
from support.command import pysock_command, start
from support.requirements import skip_or_fail

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
        (
            ("--netns", "no-such-network"),
            "there is no network namespace 'no-such-network'",
        ),
        (("--netns", "a/b"), "ip netns"),
        (("--netns", 2**22 + 1), "there is no process 4194305"),
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


OF_A_PROCESS = {
    "sockets": ("--pid",),
    "doctor": ("--seconds", "0.1", "--pid"),
    "ps": (),
}


@pytest.mark.parametrize("command", OF_A_PROCESS)
def test_no_such_process(command):
    words = (*OF_A_PROCESS[command], 2**22 + 1)
    done = pysock_command(command, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"pysock {command}: there is no process 4194305\n"


@pytest.mark.parametrize("command", OF_A_PROCESS)
def test_a_process_that_nobody_has_waited_for(command):
    """It is still there by its number, and its sockets are not."""
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        done = pysock_command(command, *OF_A_PROCESS[command], child.pid)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"pysock {command}: process {child.pid} has ended, and nobody has "
        "waited for it yet\n"
    )


@pytest.mark.parametrize("command", OF_A_PROCESS)
def test_a_process_that_proc_hides(command, lab_is_possible):
    """With hidepid, "there is no such process" would not be true."""
    if not shutil.which("setpriv"):
        skip_or_fail("setpriv (util-linux) is not installed")
    words = shlex.join([*OF_A_PROCESS[command], str(os.getpid())])
    script = f"""
        mount -t proc -o hidepid=2,gid=54321 proc /proc || exit 99
        exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs \
            {shlex.quote(sys.executable)} -m pysock {command} {words}
    """
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"pysock {command}: /proc does not show process {os.getpid()}, "
        "though there is one\n"
    )
