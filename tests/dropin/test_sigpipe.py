"""A write to a peer that is gone, in a process that SIGPIPE would kill."""

import gc
import random
import signal
import time
from pathlib import Path

import pytest

import pysock
from support import child, loopback

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


class Stop(BaseException):
    pass


def test_a_handler_that_raises_leaves_no_signal_blocked(tmp_path):
    """Wherever it comes; the first lines and the last are where it matters."""
    file = tmp_path / "file"
    file.write_bytes(bytes(100))
    armed, raised = False, 0

    def handler(number, frame):
        nonlocal armed
        if armed:
            armed = False
            raise Stop

    handlers = [
        (number, signal.signal(number, action))
        for number, action in (
            (signal.SIGALRM, handler),
            (signal.SIGPIPE, signal.SIG_DFL),
        )
    ]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    # hypothesis has a callback there, out of which nothing can be raised.
    gc.disable()
    enough, late = time.monotonic() + 2, time.monotonic() + 40
    try:
        with (
            loopback.pair_of(pysock, loopback.IPV4) as (client, server),
            file.open("rb") as stream,
        ):
            # On a busy machine few of the signals come in time.
            while time.monotonic() < (enough if raised > 50 else late):
                try:
                    armed = True
                    delay = random.uniform(1e-6, 1e-4)
                    signal.setitimer(signal.ITIMER_REAL, delay, 1e-4)
                    client.sendfile(stream)
                    armed = False
                except Stop:
                    raised += 1
                signal.setitimer(signal.ITIMER_REAL, 0)
                now = signal.pthread_sigmask(signal.SIG_BLOCK, [])
                assert now == before, f"after {raised} handlers"
                stream.seek(0)
                client.send(b"x")
                server.recv(1000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.enable()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, action in handlers:
            signal.signal(number, action)
    assert raised > 50
