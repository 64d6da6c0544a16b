"""Each manager of pysock.testing, many times; what is left is printed.

Arguments: how often each; the names of managers, or none for all.
"""

import contextlib
import gc
import json
import os
import socket
import sys
import tempfile
import threading
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
    """Be a client, briefly."""
    if hasattr(address, "pid"):
        return  # out of reach from here
    with (
        contextlib.suppress(OSError),
        socket.create_connection(address, 0.01) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")


def main(times, *names):
    done, skipped = {}, {}
    for name in names or MANAGERS:
        try:
            with MANAGERS[name]() as address:
                use(address)
        except testing.Unavailable as error:
            skipped[name] = str(error)
            continue
        before = left()
        for _ in range(int(times)):
            with MANAGERS[name]() as address:
                use(address)
        after = left()
        done[name] = {
            what: after[what] - before[what]
            for what in before
            if after[what] != before[what]
        }
    print(json.dumps({"left": done, "skipped": skipped}))


os.environ.update([MARK.split("=")])
with tempfile.TemporaryDirectory() as folder:
    tempfile.tempdir = folder
    main(*sys.argv[1:])
