"""Binds and listens that fail."""

import contextlib
import socket

from lab import landlock
from lab.capabilities import call_without_capabilities
from lab.causes.cause import Cause
from lab.causes.connecting import two_links
from lab.place import HERE, NOWHERE_HOST

_REUSE = (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
_REUSE_PORT = (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
_IPV6_ONLY = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
_ANY = {4: "0.0.0.0", 6: "::"}


def _taken_by_a_listener(meeting):
    return meeting.caught(
        meeting.sock().bind, meeting.listener().getsockname()
    )


def _taken_beside_others(meeting):
    """One listener hinders; others of that port, of other hosts, do not."""
    taken = meeting.listener()
    port = taken.getsockname()[1]
    meeting.listener(HERE[meeting.version], port=port)
    return meeting.caught(meeting.sock().bind, taken.getsockname())


def _device_does_not_hinder(meeting):
    """One that is bound to a device is beside one of another device."""
    two_links(meeting.place)
    made = []
    for device in (b"one\0", b"two\0"):
        sock = meeting.plain()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
        sock.bind((_ANY[meeting.version], made[0] if made else 0))
        sock.listen()
        made.append(sock.getsockname()[1])
    sock = meeting.sock((socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"two\0"))
    return meeting.caught(sock.bind, (_ANY[meeting.version], made[0]))


def _ipv6_only_does_not_hinder(meeting):
    made = meeting.plain(socket.AF_INET6)
    made.setsockopt(*_IPV6_ONLY)
    made.bind(("::", 0))
    made.listen()
    port = made.getsockname()[1]
    other = meeting.plain(socket.AF_INET)
    other.bind(("127.0.0.1", port))
    other.listen()
    sock = meeting.sock()
    return meeting.caught(sock.bind, ("0.0.0.0", port))


def _in_time_wait(meeting, *, first=(), then=()):
    listener = meeting.plain()
    for option in first:
        listener.setsockopt(*option)
    listener.bind((meeting.loopback, 0))
    listener.listen()
    there = listener.getsockname()
    with contextlib.closing(meeting.plain()) as client:
        client.connect(there)
        listener.accept()[0].close()
        client.recv(1)
    listener.close()
    return meeting.caught(meeting.sock(*then).bind, there)


def _time_wait(meeting):
    return _in_time_wait(meeting)


def _time_wait_of_one_without_the_option(meeting):
    """What create_server meets after a program that did not set it."""
    return _in_time_wait(meeting, then=(_REUSE,))


def _server_after_time_wait(meeting):
    """create_server sets SO_REUSEADDR; the program before did not."""
    error = _in_time_wait(meeting)
    return meeting.caught(
        lambda: meeting.face.module.create_server(
            error.address[:2], family=meeting.family
        )
    )


def _no_port_left(meeting):
    where = meeting.place.namespace
    where.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
    for _ in range(2):
        meeting.plain().bind((meeting.loopback, 0))
    return meeting.caught(meeting.sock().bind, (meeting.loopback, 0))


def _second_listen(meeting):
    first, second = meeting.plain(), meeting.sock(_REUSE)
    first.setsockopt(*_REUSE)
    first.bind((meeting.loopback, 0))
    second.bind(first.getsockname())
    first.listen()
    return meeting.caught(second.listen)


def _not_ours(meeting):
    where = (NOWHERE_HOST[meeting.version], 8080)
    return meeting.caught(meeting.sock().bind, where)


def _tentative(meeting):
    two_links(meeting.place)
    where = meeting.place.namespace
    where.sysctl("net.ipv6.conf.one.accept_dad", 1)
    where.sysctl("net.ipv6.conf.one.dad_transmits", 30)
    where.ip("address add 2001:db8:9::1/64 dev one")
    return meeting.caught(meeting.sock().bind, ("2001:db8:9::1", 8080))


def _wrong_link(meeting):
    one, _ = two_links(meeting.place)
    return meeting.caught(meeting.sock().bind, ("fe80::2", 8080, 0, one))


def _privileged(meeting):
    sock, where = meeting.sock(), (meeting.loopback, 80)
    return call_without_capabilities(lambda: meeting.caught(sock.bind, where))


def _forbidden_by_landlock(meeting):
    sock, where = meeting.sock(), (meeting.loopback, 8080)
    return landlock.call_forbidden(
        landlock.BIND, lambda: meeting.caught(sock.bind, where)
    )


def _bound_twice(meeting):
    sock = meeting.sock()
    sock.bind((meeting.loopback, 0))
    return meeting.caught(sock.bind, (meeting.loopback, 0))


def _listen_when_connected(meeting):
    sock = meeting.connected(meeting.listener().getsockname())
    return meeting.caught(sock.listen)


_ONCE = ("blocking",)

CAUSES = (
    Cause(
        "bind to a listener's address", _taken_by_a_listener, "bind-in-use",
        "limit", says=("LISTEN",), modes=_ONCE,
    ),
    Cause(
        "bind, and listeners of other addresses have the port too",
        _taken_beside_others, "bind-in-use", "limit", modes=_ONCE,
        never=("192.0.2.1:", "2001:db8:1::1"), near=True,
    ),
    Cause(
        "bind, and a listener of another device has the port too",
        _device_does_not_hinder, "bind-in-use", "limit", modes=_ONCE,
        says=("two",), never=("one",), near=True,
    ),
    Cause(
        "bind to IPv4, and one of IPv6 only has the port too",
        _ipv6_only_does_not_hinder, "bind-in-use", "limit", modes=_ONCE,
        versions=(4,), says=("127.0.0.1:",), never=("[::]:",), near=True,
    ),
    Cause(
        "bind, connections in TIME_WAIT", _time_wait, "bind-in-use",
        "limit", says=("TIME_WAIT", "SO_REUSEADDR"), modes=_ONCE,
    ),
    Cause(
        "bind with SO_REUSEADDR, TIME_WAIT of one without",
        _time_wait_of_one_without_the_option, "bind-in-use", "limit",
        says=("TIME_WAIT",), never=("set SO_REUSEADDR before bind",),
        modes=_ONCE, near=True,
    ),
    Cause(
        "create_server, TIME_WAIT of one without SO_REUSEADDR",
        _server_after_time_wait, "bind-in-use", "limit",
        says=("TIME_WAIT",), never=("set SO_REUSEADDR before bind",),
        modes=_ONCE, near=True,
    ),
    Cause(
        "bind to port 0, no port left", _no_port_left, "bind-no-port",
        "limit", says=("port",), never=("another socket has",), modes=_ONCE,
        near=True,
    ),
    Cause(
        "listen beside a listener", _second_listen, "listen-in-use",
        "limit", says=("LISTEN",), never=("CLOSE",), modes=_ONCE, near=True,
    ),
    Cause(
        "bind to an address that nobody has", _not_ours, "bind-no-address",
        "caller", says=("no interface",), modes=_ONCE,
    ),
    Cause(
        "bind to a tentative address", _tentative, "bind-no-address",
        "caller", versions=(6,), says=("duplicate",),
        never=("no interface",), modes=_ONCE, near=True,
    ),
    Cause(
        "bind to an address of another link", _wrong_link,
        "bind-no-address", "caller", versions=(6,), says=("link",),
        never=("no interface of this",), modes=_ONCE, near=True,
    ),
    Cause(
        "bind to a privileged port", _privileged, "bind-denied", "policy",
        says=("privileged",), modes=_ONCE,
    ),
    Cause(
        "bind forbidden by Landlock", _forbidden_by_landlock, "bind-denied",
        "policy", says=("security module",),
        never=("privileged", "ip_unprivileged_port_start"), modes=_ONCE,
        near=True,
    ),
    Cause(
        "bind twice", _bound_twice, "bind-invalid", "caller", modes=_ONCE,
    ),
    Cause(
        "listen on a connected socket", _listen_when_connected,
        "listen-invalid", "caller", modes=_ONCE,
    ),
)  # fmt: skip
