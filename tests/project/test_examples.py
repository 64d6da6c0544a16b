"""Each example is run as a user runs it."""

import signal
import socket as standard
import subprocess
import sys
from pathlib import Path

import pytest

from support import keeper
from support.loopback import reset

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize(
    "name", ["accept_with_selectors.py", "accept_with_asyncio.py"]
)
def test_echo_server(name):
    server = subprocess.Popen(
        [
            *keeper.WHILE_WE_LIVE,
            sys.executable,
            "-W",
            "error",
            str(EXAMPLES / name),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        port = int(server.stdout.readline())
        address = ("127.0.0.1", port)
        theirs = [standard.create_connection(address, 10) for _ in range(20)]
        for i, client in enumerate(theirs):
            client.sendall(b"%d" % i)
        for i, client in enumerate(theirs):
            assert client.recv(9) == b"%d" % i
        reset(theirs.pop())
        for client in theirs:
            client.close()
        # Stopped, it accepts nothing: what follows dies in the queue.
        server.send_signal(signal.SIGSTOP)
        dead = [standard.create_connection(address, 10) for _ in range(5)]
        for client in dead:
            reset(client)
        server.send_signal(signal.SIGCONT)
        with standard.create_connection(address, 10) as client:
            client.sendall(b"still there")
            assert client.recv(20) == b"still there"
            # Its FIN answered by the server's: nothing is half closed when
            # Ctrl-C comes.
            client.shutdown(standard.SHUT_WR)
            assert client.recv(1) == b""
        server.send_signal(signal.SIGINT)
        printed, complaints = server.communicate(timeout=20)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        server.stderr.close()
    assert "accepted=21, aborted=5" in printed, printed + complaints
    assert server.returncode == 0, complaints
    assert "Traceback" not in complaints
