"""Where a scenario happens: a namespace with this machine and a far end.

    this machine 192.0.2.1 -- tun0 -- router 192.0.2.254 -- 198.51.100.0/24
    (2001:db8:1::1)                   (2001:db8:1::fe)      2001:db8:2::/64

and loopback. Everything else has no route.
"""

import contextlib
import itertools
import os
import socket

from lab.far_end import IFF_TAP, FarEnd, open_device
from lab.namespace import Namespace

HERE = {4: "192.0.2.1", 6: "2001:db8:1::1"}
ROUTER = {4: "192.0.2.254", 6: "2001:db8:1::fe"}
LOOPBACK = {4: "127.0.0.1", 6: "::1"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
# Networks that nothing leads to, until a scenario makes a route.
NOWHERE = {4: "203.0.113.0/24", 6: "2001:db8:3::/64"}
NOWHERE_HOST = {4: "203.0.113.9", 6: "2001:db8:3::9"}

_FAR = {4: "198.51.100.{}", 6: "2001:db8:2::{:x}"}
PORT = 7  # echo; any will do, the far end answers on all


class Place:
    """A namespace, its far end, and what scenarios need of them."""

    def __init__(self):
        self._stack = contextlib.ExitStack()
        self.namespace = Namespace()
        self._stack.callback(self.namespace.close)
        self._next = itertools.cycle(range(1, 255))
        try:
            with self.namespace.entered():
                self._build()
        except BaseException:
            self._stack.close()
            raise

    def _build(self):
        tun = open_device("tun0")
        self.far_end = FarEnd(tun, ROUTER)
        self._stack.callback(self.far_end.close)
        for name, value in (
            # No duplicate address detection, no router solicitation, no
            # link-local address: nothing on the wire but what a test sends.
            ("net.ipv6.conf.tun0.accept_dad", 0),
            ("net.ipv6.conf.tun0.accept_ra", 0),
            ("net.ipv6.conf.tun0.addr_gen_mode", 1),
            # One SYN a second for a few seconds would only cost time here.
            ("net.ipv4.tcp_syn_linear_timeouts", 0),
        ):
            with contextlib.suppress(FileNotFoundError):
                self.namespace.sysctl(name, value)
        self.namespace.ip(
            "link set lo up",
            "link set tun0 up",
            f"address add {HERE[4]}/24 dev tun0",
            f"address add {HERE[6]}/64 dev tun0 nodad",
            f"route add 198.51.100.0/24 via {ROUTER[4]}",
            f"route add 2001:db8:2::/64 via {ROUTER[6]}",
        )

    def entered(self):
        """Move this thread there, as `Namespace.entered`."""
        return self.namespace.entered()

    def host(self, version, script):
        """Give the address of a new host that plays a script."""
        host = _FAR[version].format(next(self._next))
        self.far_end.play(host, script)
        return address(version, host, PORT)

    def unanswered_lan(self, version):
        """Make an Ethernet where nobody answers; the address of nobody."""
        tap = open_device("tap0", IFF_TAP)
        self._stack.callback(os.close, tap)
        for setting in ("ipv4.neigh.tap0", "ipv6.neigh.tap0"):
            # One question, 0.3 s: three a second apart is the default.
            self.namespace.sysctl(f"net.{setting}.mcast_solicit", 1)
            self.namespace.sysctl(f"net.{setting}.retrans_time_ms", 300)
        self.namespace.ip(
            "link set tap0 up",
            "address add 203.0.113.1/24 dev tap0",
            "address add 2001:db8:3::1/64 dev tap0 nodad",
        )
        return address(version, NOWHERE_HOST[version], PORT)

    def keep(self, stack):
        """Close an ExitStack of a scenario with the place."""
        self._stack.push(stack)

    def close(self):
        """Remove everything."""
        self._stack.close()


def address(version, host, port):
    """Write an address as a socket of the family does."""
    return (host, port) if version == 4 else (host, port, 0, 0)
