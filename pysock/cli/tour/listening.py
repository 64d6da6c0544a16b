"""Rows 11 to 19: bind, listen, accept."""

from __future__ import annotations

import os
import resource
import select
from pathlib import Path

from pysock import errors
from pysock.cli.tour.child import become_nobody, in_child
from pysock.cli.tour.loopback import PATIENCE
from pysock.cli.tour.scenario import CannotMakeError, Seen, scenario, seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.cli.tour.loopback import Loopback

_FIRST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@scenario("11", errors.AddressInUseError, "EADDRINUSE", "limit")
def address_taken(place: Loopback) -> Seen:
    """Bind the port of a listener."""
    taken = place.listener().getsockname()
    second = place.socket()
    return seen(second, second.bind, taken)


@scenario("12", errors.AddressUnavailableError, "EADDRNOTAVAIL", "caller")
def address_not_ours(place: Loopback) -> Seen:
    """Bind an address that no machine has (for documentation only)."""
    host = "2001:db8::1" if place.is_ipv6 else "192.0.2.1"
    sock = place.socket()
    return seen(sock, sock.bind, (host, 0))


@scenario("13", errors.BindDeniedError, "EACCES", "policy")
def privileged_port(place: Loopback) -> Seen:
    """Bind port 1 as a user without privileges."""

    def bind() -> Seen:
        sock = place.socket()
        return seen(sock, sock.bind, (place.host, 1))

    if int(_FIRST_FREE_PORT.read_text()) <= 1:
        raise CannotMakeError("no port is privileged here")
    return in_child(bind, prepare=become_nobody)


@scenario("16", errors.AcceptWouldBlockError, "EAGAIN")
def nobody_waits(place: Loopback) -> Seen:
    """Accept from an empty queue, non-blocking."""
    listener = place.listener()
    listener.setblocking(False)
    return seen(listener, listener.accept)


@scenario("16", errors.AcceptTimeoutError, "ETIMEDOUT", "deadline")
def nobody_comes(place: Loopback) -> Seen:
    """Accept from an empty queue with a timeout of 0.1 s."""
    listener = place.listener()
    listener.settimeout(0.1)
    return seen(listener, listener.accept)


@scenario("16a", errors.BindError, "EINVAL", "caller")
def bound_already(place: Loopback) -> Seen:
    """Bind a socket that has an address."""
    listener = place.listener()
    return seen(listener, listener.bind, (place.host, 0))


@scenario("16a", errors.AcceptError, "EINVAL", "caller")
def does_not_listen(place: Loopback) -> Seen:
    """Accept on a socket that does not listen."""
    sock = place.socket()
    return seen(sock, sock.accept)


@scenario("17", errors.PeerResetError, "ECONNRESET", "peer")
def reset_in_the_queue(place: Loopback) -> Seen:
    """A queued client resets; accept hands over the dead connection."""
    listener = place.listener()
    client = place.client_of(listener)
    # In the queue before it dies, or there would be nothing to hand over.
    select.select([listener], [], [], PATIENCE)
    client.abort()
    dead, _ = listener.accept()
    with dead:
        dead.settimeout(PATIENCE)
        return seen(dead, dead.recv, 1)


@scenario("19", errors.DescriptorLimitError, "EMFILE", "limit")
def no_descriptor_left(place: Loopback) -> Seen:
    """Accept in a process whose descriptors are all in use."""
    listener = place.listener()
    place.client_of(listener)

    def use_up() -> None:
        lowest_free = os.dup(listener.fileno())
        os.close(lowest_free)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))

    return in_child(lambda: seen(listener, listener.accept), prepare=use_up)
