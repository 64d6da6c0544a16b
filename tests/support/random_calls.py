"""Random calls on sockets, from a seed; a script for a process of its own.

``random_calls.py FACE SEED STEPS FAMILY`` prints one line for each call: the
value, or all that can be told of the exception. Two processes with the same
seed make the same calls, so the lines must be the same whatever the face.
"""

import os
import random
import re
import socket
import sys

SIZES = (0, 1, 7, 1000, 70_000)
HOW = (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR)
WRONG = (None, "x", -1, (), ("127.0.0.1",), ("127.0.0.1", "x"), 2**70)


class World:
    """A listener and a dozen sockets that the calls use, lose and replace."""

    def __init__(self, seed, family):
        self.random = random.Random(seed)
        self.family = family
        self.host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self.listener = socket.socket(family)
        self.listener.bind((self.host, 0))
        self.listener.listen(1000)
        self.listener.settimeout(0.002)
        self.where = self.listener.getsockname()
        self.closed = socket.socket(family)
        self.closed.bind((self.host, 0))
        self.nowhere = self.closed.getsockname()
        self.closed.close()
        self.sockets = [self.make() for _ in range(12)]

    def make(self):
        sock = socket.socket(self.family)
        sock.settimeout(self.random.choice((0.0, 0.002)))
        return sock

    def step(self):
        """Choose a call and make it; its name, and what came."""
        name = self.random.choice(CALLS)
        index = self.random.randrange(len(self.sockets))
        return f"{name} of {index}", outcome(
            lambda: getattr(self, name)(index)
        )

    def remake(self, index):
        self.sockets[index].close()
        self.sockets[index] = self.make()

    def make_connected(self, index):
        self.remake(index)
        sock = self.sockets[index]
        timeout = sock.gettimeout()
        sock.settimeout(5)
        sock.connect(self.where)
        sock.settimeout(timeout)

    def accept(self, index):
        sock, address = self.listener.accept()
        sock.settimeout(self.random.choice((0.0, 0.002)))
        self.sockets[index].close()
        self.sockets[index] = sock
        return address[0]

    def connect(self, index):
        self.sockets[index].connect(self.where)

    def connect_ex(self, index):
        return self.sockets[index].connect_ex(self.where)

    def connect_to_nobody(self, index):
        self.sockets[index].connect(self.nowhere)

    def connect_to_nothing(self, index):
        self.sockets[index].connect(self.random.choice(WRONG))

    def send(self, index):
        return self.sockets[index].send(b"x" * self.random.choice(SIZES))

    def send_nothing(self, index):
        return self.sockets[index].send(self.random.choice(WRONG))

    def sendall(self, index):
        self.sockets[index].sendall(b"y" * self.random.choice(SIZES[:4]))

    def sendto(self, index):
        return self.sockets[index].sendto(b"z", self.where)

    def sendmsg(self, index):
        return self.sockets[index].sendmsg([b"a", b"b" * 7])

    def recv(self, index):
        return self.sockets[index].recv(self.random.choice(SIZES))

    def peek(self, index):
        return self.sockets[index].recv(5, socket.MSG_PEEK)

    def recv_wrongly(self, index):
        return self.sockets[index].recv(
            *self.random.choice(((), (-1,), ("x",), (1, 2, 3), (2**70,)))
        )

    def recv_into(self, index):
        buffer = bytearray(7)
        return self.sockets[index].recv_into(buffer), bytes(buffer)

    def recv_into_wrongly(self, index):
        return self.sockets[index].recv_into(
            *self.random.choice(((), (b"x",), (bytearray(1), 5), (1, 2, 3, 4)))
        )

    def recvfrom(self, index):
        return self.sockets[index].recvfrom(5)[0]

    def recvmsg(self, index):
        return self.sockets[index].recvmsg(5)[:3]

    def shutdown(self, index):
        self.sockets[index].shutdown(self.random.choice(HOW))

    def getsockname(self, index):
        return self.sockets[index].getsockname()[0]

    def getpeername(self, index):
        return self.sockets[index].getpeername()[0]

    def so_error(self, index):
        return self.sockets[index].getsockopt(
            socket.SOL_SOCKET, socket.SO_ERROR
        )

    def setsockopt(self, index):
        self.sockets[index].setsockopt(
            self.random.choice((socket.SOL_SOCKET, socket.IPPROTO_TCP, 99)),
            self.random.choice((socket.SO_KEEPALIVE, 1, 999)),
            1,
        )

    def bind(self, index):
        self.sockets[index].bind((self.host, 0))

    def bind_taken(self, index):
        self.sockets[index].bind(self.where)

    def listen(self, index):
        self.sockets[index].listen()

    def accept_from(self, index):
        self.sockets[index].accept()[0].close()

    def settimeout(self, index):
        self.sockets[index].settimeout(self.random.choice((0.0, 0.002)))

    def dup(self, index):
        with self.sockets[index].dup() as twin:
            return twin.gettimeout()

    def makefile(self, index):
        with self.sockets[index].makefile("rb", buffering=0) as file:
            return file.read(3)

    def reset(self, index):
        self.sockets[index].setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0" + bytes(4)
        )
        self.sockets[index].close()

    def close(self, index):
        self.sockets[index].close()

    def detach(self, index):
        fd = self.sockets[index].detach()
        if fd >= 0:
            os.close(fd)

    def create_connection(self, index):
        target = self.random.choice((self.where, self.nowhere))
        socket.create_connection(target[:2], timeout=5).close()

    def create_server(self, index):
        socket.create_server(self.where, family=self.family).close()


CALLS = sorted(
    name
    for name, value in vars(World).items()
    if name[0] != "_" and name not in ("make", "step")
)


def outcome(call):
    """What a call came to: the value, or the exception and its chain."""
    try:
        return f"value {call()!r}"
    except Exception as error:
        return f"raised {told(error)}"


def told(error):
    if error is None:
        return "nothing"
    attributes = sorted(set(vars(error)) - {"__notes__"})
    parts = [
        type(error).__module__,
        type(error).__qualname__,
        repr(error.args),
        getattr(error, "errno", "no errno"),
        getattr(error, "strerror", "no strerror"),
        getattr(error, "filename", "no filename"),
        str(error),
        repr(error),
        attributes,
        f"cause {told(error.__cause__)}",
        f"context {told(error.__context__)}",
        error.__suppress_context__,
    ]
    # Ports are the kernel's choice.
    return re.sub(r"\b\d{4,5}\b", "PORT", " | ".join(map(str, parts)))


def main():
    face, seed, steps, family = sys.argv[1:]
    if face == "noted":
        import pysock

        pysock.install()
    world = World(seed, int(family))
    for _ in range(int(steps)):
        print(*world.step(), sep=": ")


if __name__ == "__main__":
    main()
