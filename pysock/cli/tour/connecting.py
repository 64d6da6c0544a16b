"""Rows 1 to 10, 15 and 31 as far as loopback makes them: connect."""

from __future__ import annotations

import os
import select

import pysock
from pysock import errors
from pysock.cli.tour.child import in_child
from pysock.cli.tour.loopback import PATIENCE, give_up_after
from pysock.cli.tour.scenario import (
    CannotMakeError,
    Seen,
    described,
    scenario,
    seen,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.cli.tour.loopback import Loopback


@scenario("1", errors.ConnectTimeoutError, "ETIMEDOUT", "timer", slow=True)
def no_answer(place: Loopback) -> Seen:
    """A listener answers no SYN; the kernel gives up (TCP_USER_TIMEOUT)."""
    there, client = place.silent_port(), place.socket()
    give_up_after(client, 300)
    return seen(client, client.connect, there)


@scenario("2", errors.ConnectTimeoutError, "ETIMEDOUT", "deadline")
def no_answer_in_time(place: Loopback) -> Seen:
    """A listener answers no SYN; our timeout of 0.2 s comes first."""
    there, client = place.silent_port(), place.socket(timeout=0.2)
    return seen(client, client.connect, there)


@scenario("3", errors.ConnectRefusedError, "ECONNREFUSED", "peer")
def refused(place: Loopback) -> Seen:
    """Connect to a port where nobody listens."""
    client = place.socket()
    return seen(client, client.connect, place.closed_port())


@scenario("3a", errors.ConnectResetError, "ECONNRESET", "peer")
def reset_before_it_is_known(place: Loopback) -> Seen:
    """A connect without blocking is accepted and reset before it asks."""
    listener, client = place.listener(), place.socket(timeout=0)
    there = listener.getsockname()
    try:
        client.connect(there)
    except BlockingIOError:
        pass
    server, _ = listener.accept()
    server.abort()
    select.select([client], [], [], PATIENCE)
    return seen(client, client.connect, there)


@scenario("6", errors.NetworkUnreachableError, "ENETUNREACH", "route")
def multicast(place: Loopback) -> Seen:
    """Connect to a multicast address: TCP has no route to one."""
    client = place.socket()
    host = "ff0e::101" if place.is_ipv6 else "224.0.0.101"
    return seen(client, client.connect, (host, 9))


@scenario("8", errors.ConnectInProgressError, "EINPROGRESS")
def under_way(place: Loopback) -> Seen:
    """Connect without blocking; the listener does not answer."""
    there, client = place.silent_port(), place.socket(timeout=0)
    return seen(client, client.connect, there)


@scenario("8", errors.ConnectAlreadyError, "EALREADY")
def asked_again(place: Loopback) -> Seen:
    """Connect without blocking, and once more before there is an answer."""
    there, client = place.silent_port(), place.socket(timeout=0)
    client.connect_ex(there)
    return seen(client, client.connect, there)


@scenario("9", errors.ConnectRefusedError, "ECONNREFUSED", "peer")
def pending_error(place: Loopback) -> Seen:
    """Connect without blocking to a closed port; then take_error()."""
    client = place.socket(timeout=0)
    client.connect_ex(place.closed_port())
    _wait_for_answer(client)
    error = client.take_error()
    if error is None:
        return Seen(None, None, "take_error() had nothing")
    return described(client, error)


@scenario("9", errors.ConnectRefusedError, "ECONNREFUSED", "peer")
def second_connect(place: Loopback) -> Seen:
    """Connect without blocking to a closed port; then connect again."""
    client, address = place.socket(timeout=0), place.closed_port()
    client.connect_ex(address)
    _wait_for_answer(client)
    return seen(client, client.connect, address)


def _wait_for_answer(client: pysock.socket) -> None:
    select.select([], [client], [], PATIENCE)


@scenario("10", errors.AlreadyConnectedError, "EISCONN", "caller")
def connected_already(place: Loopback) -> Seen:
    """Connect a connected socket."""
    listener = place.listener()
    # Blocking: after a connect with a timeout, as after a non-blocking one,
    # Linux says EISCONN not to the next connect but to the one after it.
    client = place.socket(timeout=None)
    client.connect(listener.getsockname())
    return seen(client, client.connect, listener.getsockname())


@scenario("15", errors.ConnectTimeoutError, "ETIMEDOUT", "deadline")
def accept_queue_full(place: Loopback) -> Seen:
    """listen(0) has room for one; a second client gets no answer."""
    listener, client = place.listener(backlog=0), place.socket(timeout=0.3)
    place.client_of(listener)
    return seen(client, client.connect, listener.getsockname())


@scenario("31", errors.ResolveError, families=(0,))
def unknown_name(place: Loopback) -> Seen:
    """Connect to a name that cannot exist (RFC 6761: .invalid)."""

    def ask_once() -> None:
        # Read by the C library at its first question: the tour does not wait
        # half a minute for name servers that are away.
        os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"

    def connect() -> Seen:
        client = place.socket()
        found = seen(client, client.connect, ("no-such-host.invalid", 9))
        if not isinstance(found.error, errors.ResolveError):
            raise CannotMakeError("the resolver here invents addresses")
        return found

    return in_child(connect, prepare=ask_once)


@scenario("37", errors.UnixConnectError, "ENOENT", "caller", families=(0,))
def unix_socket_not_there(_: Loopback) -> Seen:
    """Connect to a UNIX socket whose path nobody has made."""
    with pysock.socket(pysock.AF_UNIX) as client:
        return seen(client, client.connect, "/nowhere/service.sock")
