"""Real TCP on the loopback interface: pairs, listeners and dead ends.

Every function takes the module to make sockets with, so that a test can make
the same thing twice: with the standard module and with pysock.
"""

import contextlib
import select
import socket
import struct
from typing import NamedTuple

from lab.waiting import until
from pysock import testing

BLOCKING, TIMEOUT, NONBLOCKING = None, 5.0, 0.0

# For what takes microseconds on an idle machine.
PATIENCE_S = 10.0

_TCP_INFO = 11
_NO_LINGER = struct.pack("ii", 1, 0)


class Family(NamedTuple):
    """One of the two loopback addresses."""

    number: int
    host: str
    nowhere: str  # an address of this family that no machine has

    def __str__(self):
        return self.number.name

    def with_port(self, port):
        """Give the address tuple as the kernel's calls write it."""
        return address_tuple(self.number, self.host, port)


def address_tuple(family, host, port):
    return (host, port) if family == socket.AF_INET else (host, port, 0, 0)


IPV4 = Family(socket.AF_INET, "127.0.0.1", "192.0.2.77")
IPV6 = Family(socket.AF_INET6, "::1", "2001:db8::77")


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(IPV6.number) as sock:
        sock.bind((IPV6.host, 0))
        return True
    return False


def listen(module, family, backlog=16):
    sock = module.socket(family.number)
    sock.bind((family.host, 0))
    sock.listen(backlog)
    return sock


def connected(module, family):
    """Give two ends of one connection: client, server."""
    with listen(module, family) as listener:
        client = module.socket(family.number)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
    return client, server


@contextlib.contextmanager
def pair_of(module, family):
    client, server = connected(module, family)
    with client, server:
        yield client, server


@contextlib.contextmanager
def refusing(family):
    """An address that answers with a RST, as the kernel's calls write it."""
    with testing.refusing(host=family.host) as address:
        yield family.with_port(address.port)


def queue_length(listener):
    info = listener.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 104)
    return struct.unpack_from("=I", info, 24)[0]


def state_of(sock):
    """Ask for the TCP state, without the code that is under test."""
    return sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0]


def wait_for_state(sock, *states, seconds=PATIENCE_S):
    wait_until(lambda: state_of(sock) in states, f"{states}", seconds)


def wait_until(condition, what, seconds=PATIENCE_S):
    """Wait for what the kernel gives no event for."""
    until(condition, seconds, what)


def wait_readable(sock, seconds=PATIENCE_S):
    assert select.select([sock], [], [], seconds)[0], "nothing came"


def wait_writable(sock, seconds=PATIENCE_S):
    assert select.select([], [sock], [], seconds)[1], "no room, no verdict"


def reset(sock):
    """Close with a RST, which on loopback has arrived when this returns."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    sock.close()


def fill(sock):
    """Send until the kernel takes no more; the timeout is left at 0."""
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        for _ in range(100_000):
            sock.send(bytes(65536))
        raise AssertionError("the send buffer has no end")
