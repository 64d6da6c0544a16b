"""Failures on demand, made by the kernel: for the tests of any program.

    from pysock.testing import resetting

    def test_a_client_that_is_reset():
        with resetting("body", after=100) as address:
            ...  # whatever client, at address.url or (host, port)

Every manager gives an `Address`. What it makes is real: sockets, segments
and timers, of a process of its own where a server has something to do. So
clients under asyncio, trio or gevent meet it as they would in production.

May import every wing but `cli`.
"""

from pysock.testing.address import Address
from pysock.testing.fails_with import fails_with
from pysock.testing.failures.accepting_never import accepting_never
from pysock.testing.failures.closing import closing
from pysock.testing.failures.delay import delay
from pysock.testing.failures.full_queue import FullQueue, full_queue
from pysock.testing.failures.half_answer import half_answer
from pysock.testing.failures.icmp import icmp
from pysock.testing.failures.lost import lost
from pysock.testing.failures.mtu_hole import mtu_hole
from pysock.testing.failures.never_reading import never_reading
from pysock.testing.failures.out_of_descriptors import out_of_descriptors
from pysock.testing.failures.plain_text_on_tls import plain_text_on_tls
from pysock.testing.failures.ports_used_up import ports_used_up
from pysock.testing.failures.proxy import proxy
from pysock.testing.failures.refusing import refusing
from pysock.testing.failures.resetting import resetting
from pysock.testing.failures.script import script
from pysock.testing.failures.silent_after import silent_after
from pysock.testing.failures.silent_host import silent_host
from pysock.testing.failures.slow import slow
from pysock.testing.failures.stale_keepalive import stale_keepalive
from pysock.testing.failures.tls import tls
from pysock.testing.failures.unresolvable_name import unresolvable_name
from pysock.testing.link import Link
from pysock.testing.network import NetworkAddress, network, run_in
from pysock.testing.unavailable import Unavailable

__all__ = [
    "MANAGERS",
    "Address",
    "FullQueue",
    "Link",
    "NetworkAddress",
    "Unavailable",
    "accepting_never",
    "closing",
    "delay",
    "fails_with",
    "full_queue",
    "half_answer",
    "icmp",
    "lost",
    "mtu_hole",
    "network",
    "never_reading",
    "out_of_descriptors",
    "plain_text_on_tls",
    "ports_used_up",
    "proxy",
    "refusing",
    "resetting",
    "run_in",
    "script",
    "silent_after",
    "silent_host",
    "slow",
    "stale_keepalive",
    "tls",
    "unresolvable_name",
]

# Those that are entered and give an address.
MANAGERS = tuple(
    name
    for name in __all__
    if name[0].islower() and name not in ("fails_with", "run_in")
)
