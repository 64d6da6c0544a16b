"""Three network namespaces, in a user namespace if it must be.

    near 192.0.2.1 --- router 192.0.2.254 --- far 198.51.100.1
    2001:db8:1::1      2001:db8:1::fe         2001:db8:2::1

The router is this process, in the middle: two veth pairs end there.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

NEAR = {4: "192.0.2.1", 6: "2001:db8:1::1"}
ROUTER = {4: "192.0.2.254", 6: "2001:db8:1::fe"}
FAR = {4: "198.51.100.1", 6: "2001:db8:2::1"}

_PREFIX = {4: 24, 6: 64}
_NEAR_NET = {4: "192.0.2.0/24", 6: "2001:db8:1::/64"}
_NEAR_MAC, _FAR_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"

_NEWNET, _NEWUSER = 0x40000000, 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)


class Namespaces:
    """Made at once; this process is in the middle one afterwards."""

    def __init__(self, version: int) -> None:
        """Make them, with addresses of IPv4 or IPv6.

        Raises:
            OSError: no right to do so, or `ip` is missing or fails.
        """
        self._become_able()
        self.near: int = self._new()
        self.far: int = self._new()
        self.middle: int = self._new()
        me = os.getpid()
        _ip(
            # Made where they belong: to be moved there takes 20 ms each.
            f"link add a0 type veth peer name a1 address {_NEAR_MAC} "
            f"netns /proc/{me}/fd/{self.near}",
            f"link add b0 type veth peer name b1 address {_FAR_MAC} "
            f"netns /proc/{me}/fd/{self.far}",
            "link set a0 up",
            "link set b0 up",
        )
        near = f"{NEAR[version]}/{_PREFIX[version]}"
        far = f"{FAR[version]}/{_PREFIX[version]}"
        # A network that is cut is silent. Of an unanswered question for a
        # neighbour the program would be told.
        self.go(self.near)
        _set_up(
            "a1", near, (ROUTER[version], _FAR_MAC),
            f"route add default via {ROUTER[version]}",
        )  # fmt: skip
        self.go(self.far)
        _set_up(
            "b1", far, (NEAR[version], _NEAR_MAC),
            f"route add {_NEAR_NET[version]} dev b1",
        )  # fmt: skip
        self.go(self.middle)

    def go(self, namespace: int) -> None:
        """Move this process, which has one thread."""
        _check(_libc.setns(namespace, _NEWNET))

    def _become_able(self) -> None:
        """Get the right to make network namespaces."""
        if _libc.unshare(_NEWNET) == 0:
            return
        ids = os.getuid(), os.getgid()
        _check(_libc.unshare(_NEWUSER | _NEWNET))
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"0 {ids[0]} 1"),
            ("gid_map", f"0 {ids[1]} 1"),
        ):
            Path("/proc/self", name).write_text(text)

    def _new(self) -> int:
        _check(_libc.unshare(_NEWNET))
        return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _set_up(
    name: str, address: str, neighbour: tuple[str, str], route: str
) -> None:
    """Bring loopback and an interface up, without a packet of their own."""
    for setting, value in (
        ("accept_ra", 0),
        ("addr_gen_mode", 1),  # no link-local address
        ("accept_dad", 0),
    ):
        path = Path(f"/proc/sys/net/ipv6/conf/{name}", setting)
        if path.exists():
            path.write_text(f"{value}\n")
    _ip(
        "link set lo up",
        f"link set {name} up gso_max_segs 1",
        f"address add {address} dev {name}",
        f"neighbour add {neighbour[0]} lladdr {neighbour[1]} dev {name}",
        route,
    )


def _ip(*commands: str) -> None:
    """Run commands of `ip` where this process is."""
    done = subprocess.run(
        ["ip", "-batch", "-"],
        input="\n".join(commands),
        # Where Debian keeps it; not on every user's PATH.
        env={"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise OSError(None, f"{done.stderr.strip()} in {commands}")


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
