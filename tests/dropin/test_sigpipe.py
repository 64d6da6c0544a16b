"""A write to a peer that is gone, in a process that SIGPIPE would kill."""

import signal
from pathlib import Path

import pytest

from support import child

SCRIPT = """
    import os, signal, socket, sys, tempfile
    from support import loopback
    from pysock import TcpState

    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    module = __import__(sys.argv[1])
    family = loopback.IPV4 if sys.argv[3] == "AF_INET" else loopback.IPV6
    with loopback.pair_of(module, family) as (client, server):
        name = client.getpeername()
        server.close()
        loopback.wait_for_state(client, TcpState.CLOSE_WAIT)
        client.send(b"x")
        loopback.wait_for_state(client, TcpState.CLOSE)
        file = tempfile.TemporaryFile()
        file.write(bytes(100_000))
        file.seek(0)
        def write():
            with client.makefile("wb", buffering=0) as stream:
                stream.write(b"x")
        calls = {
            "send": lambda: client.send(b"x"),
            "sendall": lambda: client.sendall(b"x"),
            "sendmsg": lambda: client.sendmsg([b"x"]),
            "sendto": lambda: client.sendto(b"x", name),
            "sendto with flags": lambda: client.sendto(b"x", 0, name),
            "write": write,
            "sendfile": lambda: client.sendfile(file),
        }
        try:
            calls[sys.argv[2]]()
        except BrokenPipeError as error:
            print(type(error).__name__)
        # Nobody's mask or handler was changed by it.
        assert signal.getsignal(signal.SIGPIPE) == signal.SIG_DFL
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
        assert not signal.sigpending()
        file.close()
"""
CALLS = [
    "send", "sendall", "sendmsg", "sendto", "sendto with flags", "write",
    "sendfile",
]  # fmt: skip


def run(module, call, family):
    return child.run(
        SCRIPT,
        module,
        call,
        family,
        env={"PYTHONPATH": str(Path(__file__).parent.parent)},
        check=False,
    )


@pytest.mark.parametrize("call", CALLS)
def test_process_lives_and_gets_the_exception(family, call):
    done = run("pysock", call, family)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "BrokenConnectionError\n"


def test_the_standard_module_dies_of_it():
    """The test can fail: this is what the signal does."""
    done = run("socket", "send", "AF_INET")
    assert done.returncode == -signal.SIGPIPE
