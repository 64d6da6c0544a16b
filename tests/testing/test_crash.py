"""A test run that is killed leaves no process, no port and no file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.loopback import wait_until

BEGIN = """
import contextlib
import os
import signal
import sys

from pysock import testing


def begin(failing):
    failing.proxy(failing.script(["drain"]))
    failing.tls(expired=True)
    with contextlib.suppress(testing.Unavailable):
        network = testing.network()
        network.__enter__()
        kept.append(network)


kept = []
"""

WAITS = """
def test_it(failing):
    begin(failing)
    print("ready", flush=True)
    sys.stdin.read()
"""

KILLS_ITSELF = """
def test_it(failing):
    begin(failing)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def start(tmp_path):
    """Start pytest on a test; whatever it starts has a mark of its own."""

    def start(test, *options):
        (tmp_path / "test_it.py").write_text(BEGIN + test)
        (tmp_path / "tmp").mkdir()
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider",
             *options, "test_it.py"],
            cwd=tmp_path,
            env={
                **os.environ,
                "TMPDIR": str(tmp_path / "tmp"),
                "PYSOCK_TEST": str(tmp_path),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )  # fmt: skip

    return start


def started_under(folder):
    """Every process of that run, whoever its parent is now."""
    mark = f"PYSOCK_TEST={folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes()
        except OSError:
            continue
        if mark in variables.split(b"\0"):
            yield process.name


def nothing_is_left(folder):
    # A zombie has no variables: it has ended.
    wait_until(lambda: not list(started_under(folder)), "the processes' end")
    # pytest-xdist has its own files there.
    assert list((folder / "tmp").glob("pysock*")) == []


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
def test_run_that_is_killed(start, tmp_path, kill):
    with start(WAITS, "-s", "-q", "-p", "no:xdist") as run:
        for line in run.stdout:
            if line.startswith("ready"):
                break
        # pytest, the script, the proxy, the TLS server: at the least.
        assert len(list(started_under(tmp_path))) >= 4
        kill(run.pid, signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    nothing_is_left(tmp_path)


def test_worker_that_crashes(start, tmp_path):
    with start(KILLS_ITSELF, "-n", "1") as run:
        said = run.communicate()[0]
    assert "crashed" in said, said
    nothing_is_left(tmp_path)
