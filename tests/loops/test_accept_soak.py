"""Everything at once: load, resets, no descriptors, signals, a close."""

import json
import socket as standard
import subprocess
import sys
import time

import pytest

from support.loopback import reset

SERVER = """
import json, os, resource, signal, sys, threading, time, pysock

policy, idle = sys.argv[1], float(sys.argv[2])
def opened():
    return sorted(os.listdir("/proc/self/fd"))

before = opened()
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
signals = []
signal.signal(signal.SIGALRM, lambda *args: signals.append(1))
ls = pysock.create_server(("127.0.0.1", 0), backlog=1000)
held, said, handed = [], [], 0

def on_error(error, stats):
    said.append(type(error).__name__)
    # At the limit: what a server does, it lets go of what it has.
    if isinstance(error, pysock.errors.DescriptorLimitError):
        let_go()

def let_go():
    for sock in held:
        sock.close()
    held.clear()

def stop():
    # The parent says when it has sent everything.
    sys.stdin.readline()
    while ls.tcp_info().accept_queue_length:
        time.sleep(0.01)
    signal.setitimer(signal.ITIMER_REAL, 0)
    time.sleep(0.1)
    cpu = time.process_time()
    time.sleep(idle)
    spent.append(time.process_time() - cpu)
    ls.close()

spent = []
thread = threading.Thread(target=stop)
thread.start()
print(ls.getsockname()[1], flush=True)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
loop = pysock.accept_loop(ls, out_of_descriptors=policy, on_error=on_error)
for sock, _ in loop:
    handed += 1
    held.append(sock)
thread.join()
loop.close()
let_go()
print(json.dumps({
    **loop.stats.as_dict(), "handed": handed, "said": len(said),
    "limits": said.count("DescriptorLimitError"), "signals": len(signals),
    "idle": spent[0], "leaked": len(opened()) - len(before),
}), flush=True)
"""


def connect(address):
    """A client; `None` where it was reset before connect had returned."""
    try:
        return standard.create_connection(address, 20)
    except ConnectionResetError:
        return None


def soak(policy, seconds, idle):
    """Load a server for so long; what it counted, and what was sent."""
    server = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVER, policy, str(idle)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = ("127.0.0.1", int(server.stdout.readline()))
        sent = 0
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            burst = [connect(address) for _ in range(30)]
            sent += len(burst)
            for i, client in enumerate(burst):
                if client is not None:
                    (standard.socket.close if i % 3 else reset)(client)
        printed, _ = server.communicate("done\n", timeout=30 + idle)
    finally:
        server.kill()
        server.wait()
        server.stdin.close()
        server.stdout.close()
    assert server.returncode == 0
    return json.loads(printed), sent


def check(counted, sent):
    assert counted["handed"] == counted["accepted"]
    assert (
        counted["accepted"] + counted["aborted"] + counted["shed"] == sent
    ), counted
    assert counted["limits"] >= 2, counted
    assert counted["aborted"] > 0, counted
    assert counted["signals"] > 20, counted
    assert counted["unserved"] == 0
    assert counted["leaked"] == 0


@pytest.mark.parametrize("policy", ["keep", "shed"])
def test_counts_add_up_and_nothing_is_left(policy):
    counted, sent = soak(policy, seconds=1.5, idle=1)
    check(counted, sent)
    assert counted["idle"] < 0.05, counted


@pytest.mark.stress
@pytest.mark.timeout(180)
@pytest.mark.parametrize("policy", ["keep", "shed"])
def test_counts_add_up_for_a_minute(policy):
    counted, sent = soak(policy, seconds=60, idle=5)
    check(counted, sent)
    assert counted["idle"] < 0.1, counted
