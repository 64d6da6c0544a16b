"""Connects to this machine: its listeners, their queues, its firewall."""

import socket

from lab import firewall
from lab.causes.cause import Cause
from lab.causes.connecting import two_links
from lab.place import HERE, LOOPBACK, address
from pysock import testing

_IPV6_ONLY = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def closed_address(meeting):
    """An address on which nobody listens, and anybody may."""
    with testing.refusing(host=meeting.loopback) as gone:
        return address(meeting.version, *gone)


def _nobody_listens(meeting):
    return meeting.connect(meeting.sock(), closed_address(meeting))


def _other_address(meeting):
    port = meeting.listener(HERE[meeting.version]).getsockname()[1]
    return meeting.connect(meeting.sock(), (meeting.loopback, port))


def _other_family(meeting):
    other = 10 - meeting.version
    family = socket.AF_INET if other == 4 else socket.AF_INET6
    made = meeting.plain(family)
    made.bind((LOOPBACK[other], 0))
    made.listen()
    port = made.getsockname()[1]
    return meeting.connect(meeting.sock(), (meeting.loopback, port))


def _ipv6_only(meeting):
    made = meeting.plain(socket.AF_INET6)
    made.setsockopt(*_IPV6_ONLY, 1)
    made.bind(("::", 0))
    made.listen()
    port = made.getsockname()[1]
    return meeting.connect(meeting.sock(), (meeting.loopback, port))


def _other_device(meeting):
    two_links(meeting.place)
    made = meeting.plain()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"one\0")
    made.bind(("" if meeting.version == 4 else "::", 0))
    made.listen()
    port = made.getsockname()[1]
    return meeting.connect(meeting.sock(), (meeting.loopback, port))


def _began_since(meeting):
    there = closed_address(meeting)
    error = meeting.connect(meeting.sock(), there)
    meeting.listener(port=there[1])
    return error


def _firewall_resets(meeting):
    there = meeting.listener().getsockname()
    firewall.reset_what_leaves(there[1])
    return meeting.connect(meeting.sock(), there)


def _led_elsewhere(meeting):
    there = meeting.listener().getsockname()
    firewall.redirect(there[1], closed_address(meeting)[1])
    return meeting.connect(meeting.sock(), there)


def _full_queue(meeting):
    queue = testing.full_queue(host=meeting.loopback)
    there = address(meeting.version, *meeting.stack.enter_context(queue))
    sock = meeting.sock()
    sock.settimeout(0.2)
    return meeting.caught(sock.connect, there)


def _full_queue_of_another(meeting):
    """The port's other listener, on another address, has the full queue."""
    full = meeting.listener(HERE[meeting.version], backlog=0)
    port = full.getsockname()[1]
    meeting.plain().connect(full.getsockname())
    meeting.listener(port=port)
    firewall.drop_what_comes(port)
    sock = meeting.sock()
    sock.settimeout(0.2)
    return meeting.caught(sock.connect, (meeting.loopback, port))


_HEDGE = ("firewall",)

CAUSES = (
    Cause(
        "nobody listens", _nobody_listens, "connect-refused-reset", "peer",
        says=("nothing listens on port",), never=("since", "a listener on"),
    ),
    Cause(
        "a listener on another address", _other_address,
        "connect-refused-reset", "peer",
        says={4: ("192.0.2.1:",), 6: ("[2001:db8:1::1]:",)},
        never=("since",), near=True,
    ),
    Cause(
        "a listener of the other family", _other_family,
        "connect-refused-reset", "peer",
        says={4: ("[::1]:",), 6: ("127.0.0.1:",)}, never=("since",),
        near=True,
    ),
    Cause(
        "a listener of IPv6 only", _ipv6_only, "connect-refused-reset",
        "peer", versions=(4,), says=("[::]:", "IPv6 only"),
        never=("since",), near=True,
    ),
    Cause(
        "a listener that is bound to another device", _other_device,
        "connect-refused-reset", "peer", says=("only by one",),
        never=("since",), near=True,
    ),
    Cause(
        "a listener that began since", _began_since,
        "connect-refused-reset", "peer", says=("listener", "since"),
        near=True,
    ),
    Cause(
        "this machine's firewall resets, and a listener is there",
        _firewall_resets, "connect-refused-reset", "peer",
        says=_HEDGE, never=("is up", "nothing listens on port"), near=True,
    ),
    Cause(
        "this machine's firewall leads elsewhere", _led_elsewhere,
        "connect-refused-reset", "peer",
        says=_HEDGE, never=("is up", "nothing listens on port"), near=True,
    ),
    Cause(
        "the accept queue is full", _full_queue, "connect-timeout-deadline",
        "deadline", modes=("timeout",), says=("queue", "is full"),
    ),
    Cause(
        "the accept queue of another listener is full",
        _full_queue_of_another, "connect-timeout-deadline", "deadline",
        modes=("timeout",), never=("is full:",), near=True,
    ),
)  # fmt: skip
