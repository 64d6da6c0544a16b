"""Each manager of pysock.testing, many times; what is left is printed.

    python tests/stress/failures_on_demand.py 1000 [NAME ...] [--json]

How often each; the names of managers, or none for all. A line for each as it
is done, or all of it as JSON for a test.
"""

import argparse
import contextlib
import gc
import json
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from pysock import testing
from pysock.testing.phases import failures

REAL = ("127.0.0.1", 9)  # nobody listens there
OTHERS = {
    "script": lambda: testing.script([("send", b"hello"), "drain"]),
    "slow": lambda: testing.slow(1000),
    "tls": testing.tls,
    "proxy": lambda: testing.proxy(REAL),
    "network": testing.network,
    "silent-host": testing.silent_host,
    "icmp": testing.icmp,
    "lost": lambda: testing.lost(50),
    "delay": lambda: testing.delay(10),
    "mtu-hole": testing.mtu_hole,
    "ports-used-up": testing.ports_used_up,
}
# Every process that is started here inherits it.
MARK = f"PYSOCK_STRESS={os.getpid()}"
MANAGERS = {each.name: each.begin for each in failures()} | OTHERS


def left():
    """What there is of everything that a manager makes.

    A network namespace lives while a process or a descriptor of it does.
    """
    gc.collect()
    return {
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "processes": len(list(processes())),
        "files": len(list(Path(tempfile.gettempdir()).iterdir())),
    }


def processes():
    """Those that were started here, whoever their parent is now."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            variables = (process / "environ").read_bytes().split(b"\0")
            if MARK.encode() in variables:
                yield process.name


def use(address):
    """Be a client, briefly, at the near end of a network if there is one."""
    if not hasattr(address, "pid"):
        ask(address)
        return
    with contextlib.suppress(testing.Unavailable):
        testing.run_in(address, ask, address)


def ask(address):
    with (
        contextlib.suppress(OSError),
        socket.create_connection(address, 0.01) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")


def repeat(manager, times):
    """Begin, use and end it so often; give what it left and ms for each."""
    with manager() as address:
        use(address)  # what is loaded once is loaded now
    before = left()
    started = time.monotonic()
    for _ in range(times):
        with manager() as address:
            use(address)
    took = time.monotonic() - started
    after = left()
    more = {what: after[what] - before[what] for what in before}
    return {what: count for what, count in more.items() if count}, took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("times", type=int)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    done, skipped = {}, {}
    for name in options.names or MANAGERS:
        try:
            done[name], took = repeat(MANAGERS[name], options.times)
        except testing.Unavailable as error:
            skipped[name] = str(error)
            said = f"left out: {error}"
        else:
            each = took / options.times * 1000
            said = f"{each:8.2f} ms each  left: {done[name] or 'nothing'}"
        if not options.json:
            print(f"{name:24}{options.times:6} times{said}", flush=True)
    if options.json:
        print(json.dumps({"left": done, "skipped": skipped}))
        return 0
    return 1 if skipped or any(done.values()) else 0


os.environ.update([MARK.split("=")])
with tempfile.TemporaryDirectory() as folder:
    tempfile.tempdir = folder
    status = main()
sys.exit(status)
