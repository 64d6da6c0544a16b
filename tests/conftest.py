"""Fixtures for every test: families, connected pairs, and a leak check."""

import gc
import os
import signal
from pathlib import Path

import pytest

import pysock
from pysock import testing
from pysock.explain.repeats import REPEATS
from support import loopback
from support.requirements import skip_or_fail

# A shell ignores it in what it starts in the background, and every child of
# ours would inherit that: those that a test interrupts would run for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What users start has byte code; without it pysock loads nothing late.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(params=[loopback.IPV4, loopback.IPV6], ids=str)
def family(request):
    """IPv4, then IPv6, on the loopback interface."""
    if request.param is loopback.IPV6 and not loopback.has_ipv6():
        skip_or_fail("the loopback interface has no IPv6 address ::1")
    return request.param


@pytest.fixture
def listener(family):
    """A listening pysock socket."""
    with loopback.listen(pysock, family) as sock:
        yield sock


@pytest.fixture
def pair(family):
    """Two pysock sockets that are connected: client, server."""
    with loopback.pair_of(pysock, family) as both:
        yield both


@pytest.fixture
def refusing_address(family):
    """An address that answers a SYN with a RST."""
    with loopback.refusing(family) as address:
        yield address


@pytest.fixture
def full_queue(family):
    """A listener that drops every SYN, until it is healed."""
    with testing.full_queue(host=family.host) as address:
        yield address


@pytest.fixture
def silent_address(family, full_queue):
    """Where `full_queue` is, as the kernel's calls write it."""
    return family.with_port(full_queue.port)


@pytest.fixture(autouse=True)
def nothing_explained_yet():
    """An explanation of an earlier test costs this one nothing."""
    REPEATS.clear()


@pytest.fixture
def quick_collections():
    """gc.collect() looks at what this test makes, not at all of pytest's.

    In a whole run that is 0.2 s less for each of its calls.
    """
    gc.freeze()
    yield
    gc.unfreeze()


def open_descriptors():
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        try:
            found[link.name] = str(link.readlink())
        except OSError:
            continue  # the descriptor of this very listing
    return found


@pytest.fixture(autouse=True)
def no_leaked_descriptor():
    """Each test leaves as many open descriptors as it found."""
    before = open_descriptors()
    yield
    after = open_descriptors()
    if len(after) > len(before):
        # What only a reference cycle keeps open is found by other tests;
        # here it would depend on when the collector last ran.
        gc.collect()
        after = open_descriptors()
    leaked = {k: v for k, v in after.items() if before.get(k) != v}
    assert len(after) <= len(before), f"left open: {leaked}"
