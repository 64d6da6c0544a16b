"""Listeners with connections in their queue, for the tests of accept."""

import contextlib
import socket as standard
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pysock
from pysock import testing


@contextlib.contextmanager
def listener(host="127.0.0.1", backlog=128, timeout=None):
    """A listening pysock socket; IPv6 for a host with colons."""
    family = pysock.AF_INET6 if ":" in host else pysock.AF_INET
    with pysock.socket(family) as sock:
        sock.setsockopt(pysock.SOL_SOCKET, pysock.SO_REUSEADDR, 1)
        sock.bind((host, 0))
        sock.listen(backlog)
        sock.settimeout(timeout)
        yield sock


@contextlib.contextmanager
def clients(sock, count):
    """Connect that many standard sockets to a listener."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                standard.create_connection(sock.getsockname()[:2])
            )
            for _ in range(count)
        ]


@contextlib.contextmanager
def silent_address(host="127.0.0.1"):
    """An address that does not answer a SYN, as getsockname() writes it."""
    with testing.full_queue(host=host) as address:
        yield of_kernel(address)


@contextlib.contextmanager
def closed_address(host="127.0.0.1"):
    """An address that refuses, as getsockname() writes it."""
    with testing.refusing(host=host) as address:
        yield of_kernel(address)


def of_kernel(address):
    return (*address, 0, 0) if ":" in address.host else tuple(address)


def entry(address):
    family = pysock.AF_INET6 if ":" in address[0] else pysock.AF_INET
    return (family, pysock.SOCK_STREAM, 6, "", address)


def resolving(*addresses):
    """A getaddrinfo that knows one name: the addresses are real ones."""
    return mock.patch(
        "pysock.getaddrinfo", return_value=[entry(a) for a in addresses]
    )


def close_all(accepted):
    for sock, _ in accepted:
        sock.close()


def open_descriptors():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def run_child(code, timeout=50):
    """Run Python in a process of its own: limits and signals are its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
