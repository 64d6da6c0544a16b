"""Connects that fail, to another machine or for this socket's own reason."""

import contextlib
import select
import socket
import threading

from lab import firewall, landlock, scenarios
from lab.causes.cause import NONBLOCKING, Cause, wait
from lab.place import HERE, PORT
from lab.replies import Script, rst, syn_ack

_CODES = {
    "1": "connect-timeout-kernel",
    "2": "connect-timeout-deadline",
    "3": "connect-refused-reset",
    "4": "connect-refused-icmp",
    "5": "connect-unreachable-host",
    "6": "connect-unreachable-net",
    "6a": "connect-unreachable-icmp",
    "7": "connect-denied",
    "7a": "connect-invalid",
    "14": "connect-timeout-kernel",
    "15": "connect-timeout-kernel",
    "unreachable-route": "connect-no-route",
    "no-route": "connect-no-route",
    "link-down": "connect-no-route",
    "prohibited-by-a-router": {
        4: "connect-unreachable-host",
        6: "connect-denied",
    },
    "no-port-left": "connect-no-port",
    "connected-already": "connect-port-taken",
    "no-address-to-send-from": {
        4: "connect-no-route",
        6: "connect-no-address",
    },
}


def _of_scenario(scenario):
    """A scenario of the lab as a cause."""

    def make(meeting):
        there = scenario.address(meeting.place, meeting.version)
        sock = meeting.sock(*scenario.of(meeting.version, "options"))
        if scenario.bind:
            sock.bind((HERE[meeting.version], scenarios.BOUND_PORT))
        return meeting.connect(sock, there)

    origins = scenario.origin
    return Cause(
        f"{scenario.name} (row {scenario.row})",
        make,
        _CODES.get(scenario.name, _CODES.get(scenario.row)),
        {v: scenario.of(v, "origin").kind for v in (4, 6)}
        if isinstance(origins, dict)
        else origins.kind,
    )


def _impatient(meeting, there, sock=None):
    """A connect that the caller's own timeout ends."""
    sock = sock or meeting.sock()
    sock.settimeout(0.2)
    return meeting.caught(sock.connect, there)


def _silence(meeting):
    return _impatient(meeting, meeting.far(Script()))


def _from_loopback(meeting):
    sock = meeting.sock()
    sock.bind((meeting.loopback, 0))
    there = meeting.far(Script(to_syn=(rst,)))
    if meeting.version == 6:
        return _impatient(meeting, there, sock)
    return meeting.connect(sock, there)


def _from_an_address_that_went(meeting):
    extra = {4: "192.0.2.77/32", 6: "2001:db8:1::77/128"}[meeting.version]
    nodad = "" if meeting.version == 4 else "nodad"
    ip = meeting.place.namespace.ip
    ip(f"address add {extra} dev tun0 {nodad}")
    sock = meeting.sock()
    sock.bind((extra.partition("/")[0], 0))
    ip(f"address del {extra} dev tun0")
    there = meeting.far(Script(to_syn=(rst,)))
    if meeting.version == 6:
        return _impatient(meeting, there, sock)
    return meeting.connect(sock, there)


def _through_another_device(meeting):
    sock = meeting.sock()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    return meeting.connect(sock, meeting.far(Script(to_syn=(rst,))))


def two_links(where):
    """Two interfaces with link-local addresses; their indexes."""
    where.namespace.ip(
        "link add one type veth peer name two",
        "link set one addrgenmode none up",
        "link set two addrgenmode none up",
        "address add fe80::1/64 dev one nodad",
        "address add fe80::2/64 dev two nodad",
    )
    return socket.if_nametoindex("one"), socket.if_nametoindex("two")


def _without_scope(meeting):
    return meeting.connect(meeting.sock(), ("fe80::2", PORT))


def _on_the_wrong_link(meeting):
    one, two = two_links(meeting.place)
    sock = meeting.sock()
    sock.bind(("fe80::1", 0, 0, one))
    return meeting.connect(sock, ("fe80::2", PORT, 0, two))


def _forbidden_by_landlock(meeting):
    there = meeting.far(Script(to_syn=(syn_ack,)))
    sock = meeting.sock()
    return landlock.call_forbidden(
        landlock.CONNECT, lambda: meeting.connect(sock, there)
    )


def _ipv4_address_for_ipv6_only(meeting):
    sock = meeting.sock((socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1))
    return meeting.connect(sock, ("::ffff:198.51.100.9", PORT))


def _a_group(meeting):
    host = {4: "224.0.0.1", 6: "ff0e::1"}[meeting.version]
    return meeting.connect(meeting.sock(), (host, PORT))


def _twice(meeting):
    there = meeting.far(Script(to_syn=(syn_ack,)))
    sock = meeting.connected(there)
    sock.connect_ex(there)  # the first one tells that it has succeeded
    return meeting.caught(sock.connect, there)


def _a_listener(meeting):
    sock = meeting.sock()
    sock.bind((meeting.loopback, 0))
    sock.listen()
    sock.settimeout(meeting.timeout)
    return meeting.caught(sock.connect, meeting.listener().getsockname())


def _under_way(meeting):
    sock = meeting.sock()
    sock.settimeout(NONBLOCKING)
    return meeting.caught(sock.connect, meeting.far(Script()))


def _asked_again(meeting):
    sock = meeting.sock()
    there = meeting.far(Script())
    sock.settimeout(NONBLOCKING)
    sock.connect_ex(there)
    return meeting.caught(sock.connect, there)


def _reset_after_the_syn_ack(meeting):
    there = meeting.listener().getsockname()
    firewall.reset_the_third_segment(there[1])
    return meeting.connect(meeting.sock(), there)


def _shut_down_while_connecting(meeting):
    there = meeting.far(Script())
    sock = meeting.sock()
    sock.settimeout(meeting.timeout)

    def end():
        meeting.place.far_end.wait_for(there[0], lambda segment: True)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=end)
    thread.start()
    error = meeting.caught(sock.connect, there)
    thread.join()
    return error


def _reset_by_the_own_firewall(meeting):
    there = meeting.far(Script(to_syn=(syn_ack,)))
    firewall.reset_what_leaves(PORT)
    return meeting.connect(meeting.sock(), there)


def _refused_and_asked_later(meeting):
    there = meeting.far(Script(to_syn=(rst,)))
    sock = meeting.sock()
    sock.settimeout(NONBLOCKING)
    sock.connect_ex(there)
    wait(sock, select.POLLOUT)
    # A program that has other things to do: until then time goes by.
    other = meeting.far(Script())
    waiting = meeting.sock()
    waiting.settimeout(0.3)
    meeting.caught(waiting.connect, other)
    return meeting.caught(sock.connect, there)


def _refused_and_taken_later(meeting):
    """take_error(), which only pysock's own class has."""
    sock = meeting.sock()
    sock.settimeout(NONBLOCKING)
    sock.connect_ex(meeting.far(Script(to_syn=(rst,))))
    wait(sock, select.POLLOUT)
    waiting = meeting.sock()
    waiting.settimeout(0.3)
    meeting.caught(waiting.connect, meeting.far(Script()))
    return sock.take_error()


def _far_away_with_nonlocal_bind(meeting):
    for version in (4, 6):
        meeting.place.namespace.sysctl(f"net.ipv{version}.ip_nonlocal_bind", 1)
    there = meeting.far(Script(to_syn=(rst,)))
    meeting.listener(meeting.loopback, port=PORT)
    return meeting.connect(meeting.sock(), there)


_ONCE = ("blocking",)

CAUSES = (
    *map(_of_scenario, scenarios.CONNECT),
    Cause(
        "silence, the caller's timeout",
        _silence, "connect-timeout-deadline", "deadline", modes=("timeout",),
    ),
    Cause(
        "bound to loopback, connect to another machine",
        _from_loopback,
        {4: "connect-invalid", 6: "connect-timeout-deadline"},
        {4: "caller", 6: "deadline"}, near=True,
        says={4: ("bound to 127.0.0.1",), 6: ("bound to ::1",)},
        never=("blackhole", "firewall drops"),
    ),
    Cause(
        "bound to an address that was removed since",
        _from_an_address_that_went,
        {4: "connect-invalid", 6: "connect-timeout-deadline"},
        {4: "caller", 6: "deadline"}, near=True,
        says={
            4: ("bound to 192.0.2.77",),
            6: ("bound to 2001:db8:1::77",),
        },
        never=("no route", "firewall drops"),
    ),
    Cause(
        "bound to a device from which no route leads there",
        _through_another_device,
        {4: "connect-invalid", 6: "connect-invalid"}, "caller",
        versions=(6,), near=True, never=("this machine has no route",),
        says=("bound to",),
    ),
    Cause(
        "a link-local address without its link", _without_scope,
        "connect-invalid", "caller", versions=(6,), near=True,
        says=("no interface is given",), never=("blackhole",),
    ),
    Cause(
        "a link-local address of another link", _on_the_wrong_link,
        "connect-invalid", "caller", versions=(6,), near=True,
        says=("link",), never=("blackhole", "missing"),
    ),
    Cause(
        "forbidden by Landlock", _forbidden_by_landlock,
        "connect-denied", "policy", near=True,
        says=("security module",), never=("prohibit route",),
    ),
    Cause(
        "an IPv4 address for a socket of IPv6 only",
        _ipv4_address_for_ipv6_only, "connect-invalid", "caller",
        versions=(6,), near=True, says=("IPV6_V6ONLY",),
        never=("no route",),
    ),
    Cause(
        "a multicast address", _a_group, "connect-no-route", "route",
        near=True, says=("one host",), never=("has no route",),
    ),
    Cause(
        "connected already", _twice, "connect-twice", "caller",
        says=("connected",),
    ),
    Cause(
        "connect on a listener", _a_listener, "connect-twice", "caller",
        near=True, says=("listens",), never=("is connected",),
    ),
    Cause(
        "under way", _under_way, "connect-in-progress",
        modes=("nonblocking",),
    ),
    Cause(
        "under way, asked again", _asked_again, "connect-already",
        modes=("nonblocking",),
    ),
    Cause(
        "reset after the SYN-ACK", _reset_after_the_syn_ack,
        "connect-reset", "peer", never=("nothing listens",),
    ),
    Cause(
        "shut down here while connecting", _shut_down_while_connecting,
        "connect-other", "caller", near=True, modes=("blocking", "timeout"),
        says=("this program",), never=("RST", "peer"),
    ),
    Cause(
        "reset by this machine's own firewall", _reset_by_the_own_firewall,
        "connect-refused-reset", "peer", near=True,
        says=("firewall",), never=("is up", "the host answered"),
    ),
    Cause(
        "refused, asked 0.3 s later", _refused_and_asked_later,
        "connect-refused-reset", "peer", modes=("nonblocking",), near=True,
        never=("after",),
    ),
    Cause(
        "refused far away, net.ipv4.ip_nonlocal_bind=1",
        _far_away_with_nonlocal_bind, "connect-refused-reset", "peer",
        near=True, never=("listener on", "in this network namespace"),
    ),
)  # fmt: skip

TYPED = (
    Cause(
        "refused, take_error() 0.3 s later", _refused_and_taken_later,
        "connect-refused-reset", "peer", modes=("nonblocking",), near=True,
        never=("after",),
    ),
)  # fmt: skip
