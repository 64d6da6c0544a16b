"""The routing table, asked as `ip route get` asks it."""

import errno
import os
import socket
import subprocess

import pytest

from lab.place import HERE, LOOPBACK, NOWHERE, NOWHERE_HOST, ROUTER
from lab.waiting import until
from pysock.raw import routes
from support.quiet import needs

pytest_plugins = ["lab.fixtures"]
pytestmark = pytest.mark.lab

REFUSING = {
    "unreachable": errno.EHOSTUNREACH,
    "prohibit": errno.EACCES,
    "blackhole": errno.EINVAL,
    "throw": errno.ENETUNREACH,
}


def far(version):
    return ("198.51.100.7" if version == 4 else "2001:db8:2::7", 80)


@pytest.mark.parametrize("kind", REFUSING)
def test_a_refusing_route_has_the_errno_of_connect(place, version, kind):
    there = (NOWHERE_HOST[version], 80)
    assert routes.look_up(there) == errno.ENETUNREACH
    place.namespace.ip(f"route add {kind} {NOWHERE[version]}")
    assert routes.look_up(there) == REFUSING[kind]


def test_the_way_to_another_machine(place, version):
    found = routes.look_up(far(version))
    assert found == routes.Route(
        1, socket.if_nametoindex("tun0"), HERE[version]
    )
    assert routes.is_local(far(version)) is False


def test_what_is_this_machines(place, version):
    for host in (HERE[version], LOOPBACK[version]):
        # The kernel takes an IPv6 address into its table a little later.
        until(lambda there=(host, 80): routes.is_local(there), what=host)
        assert routes.is_local((host, 80)) is True
    assert routes.is_local((ROUTER[version], 80)) is False
    assert routes.is_local((NOWHERE_HOST[version], 80)) is None


@pytest.mark.parametrize(
    "host", ["192.0.2.255", "127.255.255.255", "ff02::1", "ff0e::1"]
)
def test_the_way_to_many(place, host):
    assert routes.look_up((host, 80)).for_many


def test_a_mark_is_looked_at(place, version):
    subprocess.run(
        [needs("ip"), f"-{version}", "rule", "add", "fwmark", "7", "prohibit"],
        check=True,
    )
    assert routes.look_up(far(version), mark=7) == errno.EACCES
    assert routes.look_up(far(version), mark=8).local is False


def test_a_mapped_address_is_an_ipv4_one(place):
    assert routes.is_local(("::ffff:127.0.0.1", 80, 0, 0)) is True
    assert routes.is_local(("::ffff:198.51.100.7", 80, 0, 0)) is False


def test_binding_to_what_is_not_ours_makes_nothing_ours(place, version):
    place.namespace.sysctl(f"net.ipv{version}.ip_nonlocal_bind", 1)
    assert routes.is_local(far(version)) is False


def test_the_source_decides_on_ipv4(place):
    assert routes.look_up(far(4), source="127.0.0.1") == errno.EINVAL
    assert routes.look_up(far(4), source="192.0.2.99") == errno.ENETUNREACH
    assert routes.look_up(far(4), source=HERE[4]).local is False


def test_a_rule_for_one_port_is_seen(place, version):
    """`ip rule ... ipproto tcp dport`: what a question about a host misses."""
    subprocess.run(
        [needs("ip"), f"-{version}", "rule", "add", "to", far(version)[0],
         "ipproto", "tcp", "dport", "81", "prohibit"],
        check=True,
    )  # fmt: skip
    host = far(version)[0]
    assert routes.look_up((host, 81)) == errno.EACCES
    assert routes.look_up((host, 80)).local is False


@pytest.mark.parametrize(
    "address", [(), ("", 80), ("name", 80), ("192.0.2.1", None), None, 7]
)
def test_nonsense_is_not_told(address):
    assert routes.look_up(address) is None


def test_it_needs_a_descriptor_and_says_so(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(routes, "_ask", refuse)
    assert routes.look_up(("127.0.0.1", 80)) is None
