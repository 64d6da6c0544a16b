"""connect_many before a crowd: some refuse, some are silent, some accept."""

import errno
import math
import resource
import time

import pytest

import pysock
from lab import place as lab_place
from lab.packets import SYN
from lab.replies import Script, rst, syn_ack
from pysock import TcpState, errors, sock_diag
from pysock.errors import Origin
from support import requirements
from support.queued import open_descriptors

pytest_plugins = ["lab.fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.slow]

TIMEOUT = 2  # seconds that each connect has
HOSTS = 20  # of each kind; each stands for many targets, a port each
FIRST_PORT = 1000
SCRIPTS = {
    "refuses": Script(to_syn=(rst,)),
    "silent": Script(),
    # It resets who closes: nothing of the connection is left to time out.
    "accepts": Script(to_syn=(syn_ack,), to_fin=(rst,)),
}
ERRORS = {
    "refuses": (
        errors.ConnectRefusedError,
        errno.ECONNREFUSED,
        Origin("peer"),
        TcpState.CLOSE,
    ),
    "silent": (
        errors.ConnectTimeoutError,
        errno.ETIMEDOUT,
        Origin("deadline"),
        TcpState.SYN_SENT,
    ),
}


@pytest.mark.parametrize(
    ("version", "count", "concurrency"),
    [(4, 2000, 256), (4, 2000, 2000), (6, 600, 256)],
)
def test_a_crowd(place, version, count, concurrency):
    need_descriptors(concurrency + 100)
    # A full queue of the device (500 packets) would drop a SYN, and its
    # repetition comes a second later.
    place.namespace.ip(f"link set tun0 txqueuelen {2 * count}")
    kinds = crowd(place, version, count)
    assert len(kinds) == count
    before = open_descriptors()

    seen, took, most_taken, half_open = connect_to(kinds, concurrency)

    assert open_descriptors() == before
    assert syn_sent() == 0
    # The same look, while they were under way, saw them.
    assert 0 < half_open <= concurrency
    # The generator was never asked for what there was no room for.
    assert 0 < most_taken <= concurrency

    # The right class for each; those that accept are who was asked for.
    assert seen == {
        address: ERRORS.get(kind, address) for address, kind in kinds.items()
    }
    assert asked(place, kinds) == set(kinds)

    # With `concurrency` places, one of them holds so many silent targets one
    # after the other: no order can be faster. Nor can ours be much slower,
    # because a place that is free is taken at once: what is added is the time
    # of the answers, some milliseconds a target and 256 at a time. One more
    # timeout is ample for them, and for a busy machine.
    silent = sum(kind == "silent" for kind in kinds.values())
    rounds = math.ceil(silent / concurrency)
    assert rounds * TIMEOUT <= took < (rounds + 1) * TIMEOUT


def need_descriptors(count):
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < count:
        requirements.skip_or_fail(
            f"RLIMIT_NOFILE is {limit}: this needs {count} (ulimit -n)"
        )


def crowd(place, version, count):
    """Targets by address, the three kinds in turn: what each will say."""
    hosts = {
        kind: [place.host(version, script)[0] for _ in range(HOSTS)]
        for kind, script in SCRIPTS.items()
    }
    order = list(SCRIPTS)
    kinds = {}
    for number in range(count):
        kind = order[number % len(order)]
        host = hosts[kind][number // len(order) % HOSTS]
        port = FIRST_PORT + number
        kinds[lab_place.address(version, host, port)] = kind
    return kinds


def connect_to(kinds, concurrency):
    """Connect to all, closing what connects.

    Gives what each address led to, the seconds it took in all, how many
    addresses were taken and not decided at most, and how many connects were
    under way when the first was decided.
    """
    taken = most_taken = half_open = 0
    seen = {}

    def addresses():
        nonlocal taken, most_taken
        for address in kinds:
            taken += 1
            most_taken = max(most_taken, taken - len(seen))
            yield address

    started = time.monotonic()
    for result in pysock.connect_many(
        addresses(), timeout=TIMEOUT, concurrency=concurrency
    ):
        if not seen:
            half_open = syn_sent()
        assert result.address not in seen
        seen[result.address] = outcome(result)
        if kinds[result.address] == "silent":
            assert TIMEOUT <= result.elapsed < TIMEOUT + 1
        else:
            assert 0 < result.elapsed < TIMEOUT
    return seen, time.monotonic() - started, most_taken, half_open


def outcome(result):
    """Whom a socket is connected to, or what its error says."""
    error = result.error
    if error is None:
        with result.socket as sock:
            return sock.getpeername()
    assert result.socket is None
    assert (error.call, error.address) == ("connect", result.address)
    return type(error), error.errno, error.origin, error.tcp_info.state


def syn_sent():
    """How many connects are under way in this namespace, which is ours."""
    return sum(1 for _ in sock_diag.sockets("SYN_SENT"))


def asked(place, kinds):
    """The addresses to which a SYN came."""
    version = 4 if len(next(iter(kinds))) == 2 else 6
    return {
        lab_place.address(version, host, segment.port)
        for host in {address[0] for address in kinds}
        for segment in place.far_end.heard(host)
        if segment.flags & SYN
    }
