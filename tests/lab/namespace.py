"""A network namespace that leaves nothing behind.

It has no name under /run/netns: it lives while a thread, a descriptor or a
socket is in it, so that a killed test run takes it along.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
from pathlib import Path

CLONE_NEWNET = 0x40000000

# Not /proc/self: that is the main thread, and another thread may be elsewhere.
MY_NAMESPACE = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


def missing():
    """Say what this machine lacks for the lab; None if it has everything."""
    if shutil.which("ip", path=_path()) is None:
        return "`ip` is not installed (package iproute2)"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun (module tun, or --device in Docker)"
    try:
        namespace = Namespace()
    except PermissionError:
        return "making a network namespace needs root (CAP_SYS_ADMIN)"
    try:
        with namespace.entered():
            namespace.sysctl("net.ipv4.tcp_syn_retries", 1)
    except OSError as error:
        return f"the sysctls of a namespace cannot be set: {error}"
    finally:
        namespace.close()
    return None


class Namespace:
    """A network namespace, made at once and left again."""

    def __init__(self):
        with _back_afterwards():
            _check(_libc.unshare(CLONE_NEWNET), "unshare")
            self._fd = os.open(MY_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)

    @contextlib.contextmanager
    def entered(self):
        """Move this thread in; what it starts meanwhile begins there too."""
        with _back_afterwards():
            _check(_libc.setns(self._fd, CLONE_NEWNET), "setns")
            yield self

    @property
    def path(self):
        """A file that other programs know it by, while it is not closed."""
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    def close(self):
        """Let go of it; it is gone when nobody is in it any more."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @staticmethod
    def ip(*commands):
        """Run commands of `ip` in the calling thread's namespace."""
        done = subprocess.run(
            ["ip", "-batch", "-"],
            input="\n".join(commands),
            env={**os.environ, "PATH": _path()},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise OSError(f"ip: {done.stderr.strip()} in {commands}")

    @staticmethod
    def run(*commands):
        """Run commands there, each a line for the shell."""
        for command in commands:
            done = subprocess.run(
                command,
                shell=True,
                env={**os.environ, "PATH": _path()},
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise OSError(f"{command}: {done.stderr.strip()}")

    @staticmethod
    def sysctl(name, value):
        """Set one of the calling thread's namespace."""
        # Not every dot divides: an interface may have one in its name.
        path = Path("/proc/sys", *name.split("."))
        path.write_text(f"{value}\n")


@contextlib.contextmanager
def _back_afterwards():
    """Bring this thread back to the namespace that it is in now."""
    before = os.open(MY_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        try:
            _check(_libc.setns(before, CLONE_NEWNET), "setns")
        finally:
            os.close(before)


def _check(result, call):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def _path():
    # Where Debian keeps `ip`; not on every user's PATH.
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
