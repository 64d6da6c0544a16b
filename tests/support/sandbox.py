"""Take something away from this process for good, as a sandbox does.

Only for children: nothing gives it back.
"""

import ctypes
import os
import platform
import struct
import tempfile
from pathlib import Path

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARGUMENTS = 0, 16  # offsets in struct seccomp_data
_EPERM = 1
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 0x40000

_SYSCALLS = {
    "x86_64": {"socket": 41, "getsockopt": 55},
    "aarch64": {"socket": 198, "getsockopt": 209},
}[platform.machine()]
_AF_NETLINK, _IPPROTO_TCP, _TCP_INFO = 16, 6, 11
_TCP_ZEROCOPY_RECEIVE = 35

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _deny(call, *conditions):
    """EPERM for a system call whose arguments have these values."""
    program = []

    def add(code, value, yes=0, no=0):
        program.append(struct.pack("HBBI", code, yes, no, value))

    tests = [(_NUMBER, _SYSCALLS[call])]
    tests += [(_ARGUMENTS + 8 * at, value) for at, value in conditions]
    for place, (at, value) in enumerate(tests):
        add(_LOAD, at)
        # To the last line, over what is left of the tests and the refusal.
        add(_JUMP_EQUAL, value, no=2 * (len(tests) - place - 1) + 1)
    add(_RETURN, _ERRNO | _EPERM)
    add(_RETURN, _ALLOW)
    code = ctypes.create_string_buffer(b"".join(program))
    described = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _check(_libc.prctl(_PR_SET_SECCOMP, _FILTER, described, 0, 0))


def deny_tcp_info():
    _deny("getsockopt", (1, _IPPROTO_TCP), (2, _TCP_INFO))


def deny_got_fin():
    """As on Linux 5.10, which does not say whether a FIN has come."""
    _deny("getsockopt", (1, _IPPROTO_TCP), (2, _TCP_ZEROCOPY_RECEIVE))


def deny_netlink():
    _deny("socket", (0, _AF_NETLINK))


def hide_proc():
    """Nothing in /proc: needs CAP_SYS_ADMIN."""
    _check(_libc.unshare(_CLONE_NEWNS))
    private = ctypes.c_ulong(_MS_REC | _MS_PRIVATE)
    _check(_libc.mount(None, b"/", None, private, None))
    _check(_libc.mount(b"none", b"/proc", b"tmpfs", ctypes.c_ulong(0), None))
    assert not any(Path("/proc").iterdir())


def chroot_to_nothing():
    """No file at all, so that nothing can be loaded: needs CAP_SYS_CHROOT."""
    os.chroot(tempfile.mkdtemp())
    os.chdir("/")


def nothing():
    """The control."""


SANDBOXES = {
    "tcp_info": deny_tcp_info,
    "got_fin": deny_got_fin,
    "netlink": deny_netlink,
    "proc": hide_proc,
    "chroot": chroot_to_nothing,
    "nothing": nothing,
}
