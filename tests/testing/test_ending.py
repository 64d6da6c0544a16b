"""What is left behind by a manager: nothing, however it ends."""

import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pysock import testing
from pysock.testing.phases import failures
from support.loopback import wait_until
from testing.client import fetch

FAILURES = failures()


def descriptors():
    """Every descriptor of this process but the one that reads them."""
    return set(Path("/proc/self/fd").iterdir())


def children():
    task = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return task.read_text().split()


def sockets_on(port):
    """Lines of the kernel's tables about a port, TIME_WAIT left out."""
    wanted = f":{port:04X} "
    return [
        line
        for name in ("tcp", "tcp6")
        for line in Path("/proc/net", name).read_text().splitlines()
        if wanted in line and line.split()[3] != "06"
    ]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: each.name)
def test_nothing_is_left(failure):
    with failure.begin():
        pass  # what is loaded once is loaded now
    gc.collect()
    before = descriptors(), children(), threading.active_count()
    ports = []
    for _ in range(5):
        with failure.begin() as address:
            ports.append(address.port)
            try:
                fetch(address, timeout=0.05)
            except (OSError, EOFError):
                pass
    gc.collect()
    assert (descriptors(), children(), threading.active_count()) == before
    if failure.name != "unresolvable-name":
        for port in ports:
            wait_until(
                lambda port=port: not sockets_on(port), "closed sockets"
            )


# The program is killed while its server runs; a child of its own, which has
# a copy of every descriptor, lives on.
KILLED = """
import os, signal, sys
from pysock import testing

with testing.script(["drain"]) as address:
    [helper] = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    if os.fork() == 0:
        signal.alarm(60)
        signal.pause()
    print(helper, flush=True)
    sys.stdin.read()
"""


def test_server_ends_when_the_program_is_killed():
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        helper = program.stdout.readline().strip()
        assert Path("/proc", helper).exists()
        program.kill()
        wait_until(lambda: not runs(helper), "the end of the server")
        os.killpg(program.pid, signal.SIGKILL)  # the child


def runs(pid):
    """Whether a process is there and not only waited for."""
    try:
        stat = Path("/proc", pid, "stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_server_that_died_is_an_error_not_a_hang():
    with testing.proxy(("127.0.0.1", 9)) as link:
        os.kill(link.process.pid, signal.SIGKILL)
        with pytest.raises(ConnectionError):
            link.stall()


def test_interrupt_of_a_terminal_leaves_the_server_alone():
    with testing.proxy(("127.0.0.1", 9)) as link:
        os.kill(link.process.pid, signal.SIGINT)
        link.heal()


def test_somebody_else_waited_for_the_server():
    with testing.script(["drain"]):
        [helper] = children()
        os.kill(int(helper), signal.SIGKILL)
        os.waitpid(-1, 0)
