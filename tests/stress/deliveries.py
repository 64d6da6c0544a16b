"""Is it true what `delivery` says? A script of its own.

    python deliveries.py EXCHANGES SEED

Each exchange: a client writes, a server that logs what it read and what its
kernel had got, and that answers, half-closes and ends as chance has it, before
the client's last write, after it or beside it. Then the client fails, and what
its exception says is compared with the log. Prints what was seen as JSON.
"""

import contextlib
import fcntl
import json
import queue
import random
import select
import socket
import struct
import sys
import threading
import time
from collections import Counter

import pysock

_NO_LINGER = struct.pack("ii", 1, 0)
_FIONREAD = 0x541B
PATIENCE = 10


class Plan:
    """What the server is to do, and its log."""

    def __init__(self, chance):
        self.reads_first = chance.random() < 0.6
        self.replies = chance.choice([0, 0, 1, 700])
        self.half_closes = chance.random() < 0.35
        self.reads_more = chance.random() < 0.5
        self.ends_by = chance.choice(["close", "close", "reset", "shutdown"])
        self.go, self.ended = threading.Event(), threading.Event()
        self.finish, self.logged = threading.Event(), threading.Event()
        self.read = 0
        self.kernel_has = None  # bytes, when it ended
        self.fin_began = None  # time of the call that sends a FIN, if any
        self.fin_is_certain = False


def serve(connections):
    """The server's thread: one connection after the other."""
    while (work := connections.get()) is not None:
        connection, plan = work
        with connection:
            play(connection, plan)
        plan.ended.set()
        plan.logged.set()


def play(connection, plan):
    if plan.reads_first:
        plan.read += len(connection.recv(4096))
    if plan.replies:
        connection.send(bytes(plan.replies))
    if plan.half_closes:
        plan.fin_began, plan.fin_is_certain = time.monotonic_ns(), True
        connection.shutdown(socket.SHUT_WR)
    assert plan.go.wait(PATIENCE)
    if plan.reads_more:
        try:
            plan.read += len(connection.recv(4096, socket.MSG_DONTWAIT))
        except BlockingIOError:
            pass
    if plan.fin_began is None and plan.ends_by != "reset":
        # With data unread, close sends a RST and no FIN.
        plan.fin_began = time.monotonic_ns()
        plan.fin_is_certain = plan.ends_by == "shutdown"
    if plan.ends_by == "shutdown":
        with contextlib.suppress(OSError):  # over already, both ways
            connection.shutdown(socket.SHUT_RDWR)
        plan.ended.set()
        assert plan.finish.wait(PATIENCE)
    elif plan.ends_by == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    unread = fcntl.ioctl(connection, _FIONREAD, bytes(4))
    plan.kernel_has = plan.read + int.from_bytes(unread, sys.byteorder)


class Client:
    """The client's side of one exchange, and its own log."""

    def __init__(self, sock, plan, chance):
        self.sock, self.plan, self.chance = sock, plan, chance
        self.writes = []  # time before it, bytes
        self.beside = 0  # bytes, while a server that closes was at it
        self.error = None
        self.exactly = chance.random() < 0.5
        sock.setblocking(False)

    def write(self, size):
        if self.error is None and size:
            began = time.monotonic_ns()
            try:
                taken = self.sock.send(bytes(size))
            except pysock.errors.TransferError as error:
                self.error = error
            else:
                self.writes.append((began, taken))

    def read(self):
        """Read what there is; `True` at the end of the stream."""
        if self.error is not None:
            return False
        try:
            if self.exactly:
                return bool(self.sock.recv_exactly(9999))
            return self.sock.recv(9999) == b""
        except pysock.errors.PeerClosedError:
            return True
        except pysock.errors.TransferWouldBlockError:
            return False
        except pysock.errors.TransferError as error:
            self.error = error
            return False

    def talk(self):
        """Write, let the server end, and go on until something fails."""
        chance, plan = self.chance, self.plan
        self.write(chance.randint(1, 3000))
        when = chance.choice(["before", "after", "beside"])
        if chance.random() < 0.3:
            self.read()
        if when == "before":
            self.let_end()
            if chance.random() < 0.5:
                self.read()
        elif when == "beside":
            plan.go.set()
        written = len(self.writes)
        self.write(chance.choice([0, 1, 100, 2000]))
        if when == "beside" and plan.ends_by != "shutdown":
            self.beside = sum(size for _, size in self.writes[written:])
        if chance.random() < 0.2 and self.error is None:
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except pysock.errors.NotConnectedError:
                pass
        self.let_end()
        self.fail()
        plan.finish.set()
        assert plan.logged.wait(PATIENCE)

    def let_end(self):
        self.plan.go.set()
        assert self.plan.ended.wait(PATIENCE)

    def fail(self):
        """Read and write until there is an error; some have none."""
        for _ in range(6):
            while not self.read() and self.error is None:
                poll = select.poll()
                poll.register(self.sock, select.POLLIN)
                if not poll.poll(0):
                    break
            if self.error is not None:
                return
            self.write(50)
            poll = select.poll()
            poll.register(self.sock, 0)  # for its end alone
            poll.poll(20)


def judge(client, plan, seen):
    """Compare what the exception says with what both logged."""
    told = client.error.delivery
    if told is None:
        return f"no delivery on {client.error!r}"
    taken = sum(size for _, size in client.writes)
    if told.acknowledged + told.unacknowledged not in (taken, taken + 1):
        return f"{told} of {taken} written"
    # Written beside the end, it may have come after the server looked.
    could_have = plan.kernel_has + client.beside
    if told.acknowledged > could_have:
        return f"{told}, and its kernel had {could_have}"
    if told.verdict == "acknowledged" and taken > could_have:
        return f"{told}, and of {taken} its kernel had {could_have}"
    if told.unacknowledged and plan.read > told.acknowledged:
        seen["unacknowledged and read"] += 1
    if told.fin_first is True:
        first = first_unacknowledged(client.writes, told.unacknowledged)
        if plan.fin_began is None or plan.fin_began >= first:
            return f"{told}, and no FIN was sent before"
    if told.fin_first is False and plan.fin_is_certain:
        return f"{told}, and a FIN was sent"
    seen[told.verdict] += 1
    seen[f"fin_first {told.fin_first}"] += 1
    seen[client.error.code] += 1
    return None


def first_unacknowledged(writes, count):
    """When the write of the first of the last bytes began."""
    for began, size in reversed(writes):
        count -= size
        if count <= 0:
            return began
    raise AssertionError("more than was ever written")


def main(exchanges, seed):
    chance = random.Random(seed)
    connections, seen, wrong = queue.Queue(), Counter(), []
    server = threading.Thread(target=serve, args=(connections,))
    server.start()
    families = (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))
    listeners = [socket.create_server((h, 0), family=f) for h, f in families]
    try:
        for _ in range(exchanges):
            listener = chance.choice(listeners)
            plan = Plan(chance)
            with pysock.socket(listener.family) as sock:
                sock.connect(listener.getsockname())
                connections.put((listener.accept()[0], plan))
                client = Client(sock, plan, chance)
                client.talk()
            if client.error is None:
                seen["no failure"] += 1
                continue
            complaint = judge(client, plan, seen)
            if complaint is not None:
                wrong.append(f"{complaint}; {vars(plan)}")
    finally:
        connections.put(None)
        server.join()
        for listener in listeners:
            listener.close()
    print(json.dumps({"seen": seen, "wrong": wrong[:20]}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
