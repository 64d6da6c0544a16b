"""What tests start ends with the test run, also with one that is killed."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent

# A server, a daemon that it leaves behind in a session of its own, and a
# program that an example's test would start; then the run hangs.
_HANGING = """
import os, signal, subprocess, sys
from pathlib import Path
from clients.servers import free_port, process
from lab.services import service

SERVER = '''
import os, signal, socket, sys
from pathlib import Path
daemon = os.fork()
if not daemon:
    os.setsid()
    if os.fork():
        os._exit(0)
    Path("daemon").write_text(str(os.getpid()))
    signal.pause()
os.waitpid(daemon, 0)
Path("server").write_text(str(os.getpid()))
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    signal.pause()
'''

def test_hangs():
    here, port = Path.cwd(), free_port()
    with (
        process([sys.executable, "-c", SERVER, port], port, folder=here),
        service("ready(); hang()", "127.0.0.1") as number,
    ):
        Path("service").write_text(str(number))
        if sys.stdin.read(1) == "":
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("killed", [True, False])
def test_servers_are_gone(killed, tmp_path):
    script = tmp_path / "test_hanging.py"
    script.write_text(_HANGING)
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-s", "-c", "/dev/null",
         "-p", "no:cacheprovider", script],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    # No end of its input kills it; a word lets it end in order.
    said, _ = run.communicate(b"" if killed else b"!", 50)
    assert run.returncode == (-signal.SIGKILL if killed else 0), said
    for name in ("server", "daemon", "service"):
        _wait_for_end(int((tmp_path / name).read_text()))


def _wait_for_end(number):
    """Wait for a process that is no child of ours."""
    with contextlib.suppress(ProcessLookupError):
        end = os.pidfd_open(number)
        try:
            assert select.select([end], [], [], 30)[0], f"{number} lives on"
        finally:
            os.close(end)
