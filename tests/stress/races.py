"""Threads that race on the same sockets; run as a script of its own.

    python races.py SECONDS [SEED]

Every thread makes, connects, reads, writes, shuts and closes what the others
are using. Whatever happens to a call must be a documented exception. Prints
the counts as JSON; a hang ends the process with all stacks.
"""

import collections
import faulthandler
import gc
import json
import random
import sys
import threading
import time
from pathlib import Path

import pysock
from pysock import errors

THREADS, SLOTS = 8, 6
HOSTS = {pysock.AF_INET: "127.0.0.1", pysock.AF_INET6: "::1"}
# Nothing may wait for long: a close in another thread wakes no accept.
SHORT = 0.01
OPEN = Path("/proc/self/fd")
USER_TIMEOUT_MS = 300


class Race:
    def __init__(self, seconds, seed):
        self.deadline = time.monotonic() + seconds
        self.seed = seed
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.unexpected = []
        self.listeners = [self.make_listener() for _ in range(2)]
        self.slots = [pysock.socket() for _ in range(SLOTS)]

    def make_listener(self):
        # Timeout first: a thread that is inside accept of a listener that was
        # closed meanwhile may find this one under its number, and would block
        # in it for ever (the standard module's accept does, too).
        family = random.choice(list(HOSTS))
        while True:
            sock = pysock.socket(family)
            try:
                sock.settimeout(SHORT)
                sock.bind((HOSTS[family], 0))
                sock.listen(4)
                return sock
            except errors.SocketError:
                # Closed by a thread that took the number for its own.
                sock.close()

    def work(self, number):
        rng = random.Random(self.seed * 1000 + number)
        moves = [
            getattr(self, name) for name in dir(self)
            if name.startswith("do_")
        ]  # fmt: skip
        while time.monotonic() < self.deadline:
            move = rng.choice(moves)
            name = move.__name__
            try:
                move(rng)
            except errors.SocketError as error:
                name += f" {type(error).__name__}"
                str(error), error.to_dict()
            except BaseException as error:
                self.unexpected.append(f"{name}: {error!r}")
            self.counts[name] += 1

    def any_slot(self, rng):
        return rng.choice(self.slots)

    def put(self, rng, sock):
        with self.lock:
            place = rng.randrange(SLOTS)
            old, self.slots[place] = self.slots[place], sock
        old.close()

    def do_new(self, rng):
        family = rng.choice(list(HOSTS))
        sock = pysock.socket(family)
        sock.settimeout(rng.choice([None, 0.0, SHORT]))
        sock.setsockopt(6, pysock.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        self.put(rng, sock)

    def where(self, rng):
        return rng.choice(self.listeners).getsockname()[:2]

    def do_connect(self, rng):
        self.any_slot(rng).connect(self.where(rng))

    def do_connect_ex(self, rng):
        self.any_slot(rng).connect_ex(self.where(rng))

    def do_create_connection(self, rng):
        self.put(rng, pysock.create_connection(self.where(rng), SHORT))

    def do_accept(self, rng):
        sock, _ = rng.choice(self.listeners).accept()
        sock.settimeout(SHORT)
        self.put(rng, sock)

    def do_accept_many(self, rng):
        for sock, _ in rng.choice(self.listeners).accept_many(8):
            sock.settimeout(SHORT)
            self.put(rng, sock)

    def do_recv(self, rng):
        sock = self.any_slot(rng)
        if sock.gettimeout() is not None:
            sock.recv(100)

    def do_recv_exactly(self, rng):
        sock = self.any_slot(rng)
        if sock.gettimeout() is not None:
            sock.recv_exactly(3)

    def do_send(self, rng):
        self.any_slot(rng).send(b"hello")

    def do_shutdown(self, rng):
        self.any_slot(rng).shutdown(rng.randrange(3))

    def do_close(self, rng):
        self.any_slot(rng).close()

    def do_abort(self, rng):
        self.any_slot(rng).abort()

    def do_take_error(self, rng):
        self.any_slot(rng).take_error()

    def do_tcp_info(self, rng):
        self.any_slot(rng).tcp_info().as_dict()

    def do_names(self, rng):
        sock = self.any_slot(rng)
        sock.getsockname(), sock.getpeername()

    def do_dup(self, rng):
        self.any_slot(rng).dup().close()

    def do_another_listener(self, rng):
        if rng.random() < 0.1:
            made = self.make_listener()
            with self.lock:  # each is replaced, and closed, once
                place = rng.randrange(len(self.listeners))
                old, self.listeners[place] = self.listeners[place], made
            rng.choice([old.close, old.abort])()

    def run(self):
        threads = [
            threading.Thread(target=self.work, args=(n,), daemon=True)
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for sock in self.slots + self.listeners:
            sock.close()


def main():
    seconds = float(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    random.seed(seed)
    faulthandler.enable()
    faulthandler.dump_traceback_later(seconds + 20, exit=True)
    sys.setswitchinterval(1e-5)
    before = len(list(OPEN.iterdir()))
    race = Race(seconds, seed)
    race.run()
    counts, unexpected = race.counts, race.unexpected[:10]
    del race
    gc.collect()
    leaked = len(list(OPEN.iterdir())) - before
    report = {"seed": seed, "leaked": leaked, "unexpected": unexpected}
    print(json.dumps({**report, "counts": counts}))


main()
