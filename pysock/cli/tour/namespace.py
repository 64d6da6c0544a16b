"""Rows that need another network: routes, firewalls, kernel settings.

Each is made in a network namespace of its own, in a child that ends with it:
nothing of this machine's network is touched. It takes root, or a system that
lets users have namespaces.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

from pysock import errors, sock_diag
from pysock.cli.tour.child import in_child
from pysock.cli.tour.loopback import defer_accept, give_up_after
from pysock.cli.tour.scenario import CannotMakeError, Seen, scenario, seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pysock.cli.tour.loopback import Loopback

# Documentation addresses: nobody's.
_AWAY = {
    4: ("198.51.100.0/24", "198.51.100.1"),
    6: ("2001:db8::/32", "2001:db8::1"),
}
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")


@scenario("4", errors.ConnectRefusedError, "ECONNREFUSED", "icmp", slow=True)
def refused_by_firewall(place: Loopback) -> Seen:
    """A firewall rule answers the SYN with ICMP port unreachable."""

    def make() -> Seen:
        _reject("icmpx port-unreachable")
        client = place.socket()
        return seen(client, client.connect, (place.host, 9))

    return in_namespace(make, needs=("nft",))


@scenario("5", errors.HostUnreachableError, "EHOSTUNREACH", "route")
def unreachable_route(place: Loopback) -> Seen:
    """Connect over a route of type `unreachable`."""
    return _over_route(place, "unreachable")


@scenario("6", errors.NetworkUnreachableError, "ENETUNREACH", "route")
def no_route(place: Loopback) -> Seen:
    """Connect over a route of type `throw`: as if there were none."""
    return _over_route(place, "throw")


@scenario(
    "6a", errors.ConnectUnreachableError, "ENOPROTOOPT", "icmp",
    families=(4,), slow=True,
)  # fmt: skip
def protocol_unreachable(place: Loopback) -> Seen:
    """A firewall rule answers the SYN with ICMP protocol unreachable."""

    def make() -> Seen:
        _reject("icmp type prot-unreachable")
        client = place.socket()
        return seen(client, client.connect, (place.host, 9))

    return in_namespace(make, needs=("nft",))


@scenario("7", errors.ConnectDeniedError, "EACCES", "route")
def prohibit_route(place: Loopback) -> Seen:
    """Connect over a route of type `prohibit`."""
    return _over_route(place, "prohibit")


@scenario("7a", errors.ConnectError, "EINVAL", "route")
def blackhole_route(place: Loopback) -> Seen:
    """Connect over a route of type `blackhole`."""
    return _over_route(place, "blackhole")


def _over_route(place: Loopback, kind: str) -> Seen:
    version = 6 if place.is_ipv6 else 4
    network, host = _AWAY[version]

    def make() -> Seen:
        _tool("ip", f"-{version}", "route", "add", kind, network)
        client = place.socket()
        return seen(client, client.connect, (host, 9))

    return in_namespace(make)


@scenario("12", errors.AddressUnavailableError, "EADDRNOTAVAIL", "limit")
def no_port_left(place: Loopback) -> Seen:
    """Connect three times; the ephemeral range has two ports."""

    def make() -> Seen:
        listener = place.listener()
        _set("ip_local_port_range", "40000 40001")
        place.client_of(listener)
        place.client_of(listener)
        client = place.socket()
        return seen(client, client.connect, listener.getsockname())

    return in_namespace(make)


@scenario("14", errors.ConnectTimeoutError, "ETIMEDOUT", "deadline")
def syn_queue_full(place: Loopback) -> Seen:
    """tcp_syncookies=0; one handshake that never ends fills listen(0)."""

    def make() -> Seen:
        _set("tcp_syncookies", "0")
        listener, client = place.listener(backlog=0), place.socket(0.3)
        # The server's side of a handshake stays open until data comes.
        defer_accept(listener)
        place.client_of(listener)
        return seen(client, client.connect, listener.getsockname())

    return in_namespace(make)


@scenario("22a", errors.ConnectionKilledError, "ECONNABORTED", "policy")
def killed(place: Loopback) -> Seen:
    """The administrator kills the connection (SOCK_DESTROY)."""

    def make() -> Seen:
        client, _ = place.pair()
        sock_diag.destroy(client.getsockname(), client.getpeername())
        return seen(client, client.recv, 1)

    return in_namespace(make)


@scenario(
    "25", errors.PeerUnreachableError, "EHOSTUNREACH", "icmp",
    families=(4,), slow=True,
)  # fmt: skip
def peer_becomes_unreachable(place: Loopback) -> Seen:
    """A firewall answers our data with ICMP host unreachable."""

    def make() -> Seen:
        client, _ = place.pair()
        give_up_after(client, 300)
        _reject("icmp type host-unreachable")
        client.send(b"anybody there?")
        return seen(client, client.recv, 1)

    return in_namespace(make, needs=("nft",))


@scenario(
    "25", errors.PeerUnreachableError, "EACCES", "icmp",
    families=(6,), slow=True,
)  # fmt: skip
def peer_becomes_prohibited(place: Loopback) -> Seen:
    """A firewall answers our data with ICMPv6 administratively prohibited."""

    def make() -> Seen:
        client, _ = place.pair()
        give_up_after(client, 300)
        _reject("icmpv6 type admin-prohibited")
        client.send(b"anybody there?")
        return seen(client, client.recv, 1)

    return in_namespace(make, needs=("nft",))


def in_namespace(
    make: Callable[[], Seen], *, needs: tuple[str, ...] = ()
) -> Seen:
    """Run a scenario in a network that has nothing but loopback.

    Raises:
        CannotMakeError: no right to a namespace, or a program is missing.
    """
    for name in ("ip", *needs):
        _path_of(name)
    return in_child(make, prepare=_enter_namespace)


def _enter_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    # A user's own namespace of users is where that user has the right.
    flags = _CLONE_NEWNET if uid == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    # os.unshare exists from Python 3.12 on.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise CannotMakeError(f"no right to a network namespace ({reason})")
    if flags & _CLONE_NEWUSER:
        try:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
            Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
        except OSError as error:
            raise CannotMakeError(
                f"no right to a user namespace ({error.strerror})"
            ) from None
    _tool("ip", "link", "set", "lo", "up")


def _reject(how: str) -> None:
    """Answer TCP segments that arrive here as a firewall does."""
    _tool("nft", "add table inet tour")
    _tool(
        "nft",
        "add chain inet tour in { type filter hook input priority 0; }",
    )
    _tool("nft", f"add rule inet tour in meta l4proto tcp reject with {how}")


def _set(name: str, value: str) -> None:
    try:
        Path("/proc/sys/net/ipv4", name).write_text(value)
    except OSError as error:
        raise CannotMakeError(
            f"no right to set net.ipv4.{name} ({error.strerror})"
        ) from None


def _path_of(name: str) -> str:
    folders = os.pathsep.join((os.environ.get("PATH", ""), *_SYSTEM_FOLDERS))
    path = shutil.which(name, path=folders)
    if path is None:
        raise CannotMakeError(f"the program `{name}` is not installed")
    return path


_run = partial(subprocess.run, capture_output=True, text=True, timeout=5)


def _tool(name: str, *words: str) -> None:
    """Run a program of iproute2 or nftables to its end."""
    try:
        done = _run([_path_of(name), *words], stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise CannotMakeError(f"`{name}` hangs") from None
    if done.returncode:
        said = done.stderr.strip().partition("\n")[0]
        raise CannotMakeError(f"`{name}` fails: {said}")
