"""Many connections made, failed and closed; a script of its own.

    python churn.py CONNECTIONS

In every way, one after the other, in one process. Descriptors, memory and the
kernel's sockets are the same at the end as after a warm-up. Prints both
readings as JSON.
"""

import contextlib
import gc
import json
import os
import pickle
import sys
import time
from pathlib import Path

import pysock
from pysock import errors

WARM_UP = 2_000


class Churn:
    def __init__(self, family, host):
        self.family = family
        self.listener = pysock.socket(family)
        self.listener.bind((host, 0))
        self.listener.listen(64)
        self.where = self.listener.getsockname()
        with pysock.socket(family) as closed:
            closed.bind((host, 0))
            self.nowhere = closed.getsockname()

    def connect_and_abort(self):
        with pysock.socket(self.family) as client:
            client.connect(self.where)
            server, _ = self.listener.accept()
            client.abort()
            with contextlib.suppress(errors.PeerResetError), server:
                server.recv(1)

    def accept_many(self):
        with pysock.socket(self.family) as client:
            client.settimeout(5)
            client.connect(self.where)
            [(server, _)] = self.listener.accept_many()
            server.abort()

    def refused(self):
        with pysock.socket(self.family) as client:
            try:
                client.connect(self.nowhere)
            except errors.ConnectRefusedError as error:
                str(error), error.to_dict()

    def refused_nonblocking(self):
        with pysock.socket(self.family) as client:
            client.setblocking(False)
            client.connect_ex(self.nowhere)
            error = client.take_error()
            assert isinstance(error, errors.ConnectRefusedError), error

    def refused_and_pickled(self):
        try:
            pysock.create_connection(self.nowhere[:2], 5)
        except errors.ConnectRefusedError as error:
            pickle.loads(pickle.dumps(error))

    def would_block(self):
        with pysock.socket(self.family) as client:
            client.connect(self.where)
            server, _ = self.listener.accept()
            server.setblocking(False)
            for _ in range(3):
                with contextlib.suppress(errors.TransferWouldBlockError):
                    server.recv(1)
            client.tcp_info().as_dict()
            server.abort()

    def gone_before_accept(self):
        with pysock.socket(self.family) as client:
            client.connect(self.where)
            client.abort()
        server, _ = self.listener.accept()
        with server:
            try:
                server.recv_exactly(1)
            except errors.PeerResetError:
                pass

    def close(self):
        self.listener.close()


def readings():
    """Descriptors, bytes, and sockets; all as they are right now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    resident = pages * os.sysconf("SC_PAGE_SIZE")
    return {
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "resident": resident,
        "objects": len(gc.get_objects()),
        "sockets": kernel_sockets(),
    }


def kernel_sockets():
    """TCP sockets in use in this network namespace, from sockstat."""
    in_use = 0
    for path in ("/proc/net/sockstat", "/proc/net/sockstat6"):
        with contextlib.suppress(FileNotFoundError):
            for line in Path(path).read_text().splitlines():
                if line.startswith("TCP"):
                    in_use += int(line.split()[2])
    return in_use


def run(churns, connections):
    done = 0
    while done < connections:
        for churn in churns:
            for name in KINDS:
                getattr(churn, name)()
                done += 1
    return done


KINDS = [
    name for name, value in vars(Churn).items()
    if callable(value) and not name.startswith("_") and name != "close"
]  # fmt: skip


def main():
    connections = int(sys.argv[1])
    churns = [
        Churn(pysock.AF_INET, "127.0.0.1"),
        Churn(pysock.AF_INET6, "::1"),
    ]
    run(churns, WARM_UP)
    before = readings()
    started = time.monotonic()
    done = run(churns, connections)
    seconds = time.monotonic() - started
    after = readings()
    for churn in churns:
        churn.close()
    print(
        json.dumps(
            {
                "done": done,
                "seconds": seconds,
                "before": before,
                "after": after,
            }
        )
    )


main()
