"""A line of machines, each in a namespace, with routers between the ends.

0 -- 1 -- 2 -- 3        link n joins machine n and machine n + 1:
198.51.100.(4n+1) and (4n+2), 2001:db8:1:n::1 and ::2
"""

import contextlib
import ipaddress
import socket

from lab.namespace import Namespace


def left(link, version):
    """The address of the nearer end of a link."""
    return _host(link, version, 1)


def right(link, version):
    """The address of the farther end of a link."""
    return _host(link, version, 2)


def _host(link, version, end):
    if version == 4:
        return f"198.51.100.{4 * link + end}"
    return str(ipaddress.ip_address(f"2001:db8:1:{link}::{end}"))


class Line:
    """So many machines in a line; the first is where the test is."""

    def __init__(self, count):
        self._stack = contextlib.ExitStack()
        self.machines = [Namespace() for _ in range(count)]
        for machine in self.machines:
            self._stack.callback(machine.close)
        try:
            for number in range(count):
                self._prepare(number)
            for link in range(count - 1):
                self._join(link)
            for number in range(count):
                self._route(number)
        except BaseException:
            self.close()
            raise

    def _prepare(self, number):
        machine = self.machines[number]
        with machine.entered():
            machine.ip("link set lo up")
            for name, value in (
                ("net.ipv4.ip_forward", 1),
                ("net.ipv6.conf.all.forwarding", 1),
                ("net.ipv6.conf.default.accept_dad", 0),
                # How often a router may say something is not the subject.
                ("net.ipv4.icmp_ratelimit", 0),
                ("net.ipv6.icmp.ratelimit", 0),
            ):
                machine.sysctl(name, value)

    def _join(self, link):
        near, far = self.machines[link], self.machines[link + 1]
        with near.entered():
            near.ip(
                f"link add next type veth peer name back netns {far.path}",
                "link set next up",
                f"address add {left(link, 4)}/30 dev next",
                f"address add {left(link, 6)}/64 dev next nodad",
            )
        with far.entered():
            far.ip(
                "link set back up",
                f"address add {right(link, 4)}/30 dev back",
                f"address add {right(link, 6)}/64 dev back nodad",
            )

    def _route(self, number):
        machine = self.machines[number]
        routes = []
        for link in range(len(self.machines) - 1):
            if link > number:
                gateway = [right(number, 4), right(number, 6)]
            elif link < number - 1:
                gateway = [left(number - 1, 4), left(number - 1, 6)]
            else:
                continue  # its own
            routes += [
                f"route add 198.51.100.{4 * link}/30 via {gateway[0]}",
                f"route add 2001:db8:1:{link}::/64 via {gateway[1]}",
            ]
        if routes:
            with machine.entered():
                machine.ip(*routes)

    def entered(self, number=0):
        """Move this thread to a machine."""
        return self.machines[number].entered()

    def on(self, number, *commands):
        """Run commands on a machine, each a line for the shell."""
        with self.entered(number) as machine:
            machine.run(*commands)

    def listen(self, version, backlog=16):
        """A listener on the last machine; closed with the line."""
        family = socket.AF_INET if version == 4 else socket.AF_INET6
        with self.entered(len(self.machines) - 1):
            server = socket.create_server(
                (self.target(version), 0), family=family, backlog=backlog
            )
        self._stack.callback(server.close)
        return server

    def target(self, version):
        """The address of the last machine."""
        return right(len(self.machines) - 2, version)

    def close(self):
        """Remove everything."""
        self._stack.close()
