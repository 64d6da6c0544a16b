"""Errnos that no kernel gives on demand: a system call made to fail.

A seccomp filter answers a call with an errno before the kernel runs it. It
binds the thread that installs it, for ever; so the work is done in a thread of
its own, and the filter is gone with it. As the kernel did not run the call, a
`close` that fails so leaves its descriptor open, which on Linux a real one
never does.
"""

import ctypes
import os
import platform
import struct
import threading

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x00050000, 0x7FFF0000

# struct seccomp_data: nr, arch, instruction pointer, six arguments.
_AT_NUMBER, _AT_ARCH, _AT_FIRST_ARGUMENT = 0, 4, 16
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06

_MACHINES = {
    "x86_64": (0xC000003E, {"accept4": 288, "close": 3, "connect": 42}),
    "aarch64": (0xC00000B7, {"accept4": 242, "close": 57, "connect": 203}),
}

_libc = ctypes.CDLL(None, use_errno=True)


def missing():
    """Say what this machine lacks for it; None if it has everything."""
    if platform.machine() not in _MACHINES:
        return f"no system call numbers for {platform.machine()} are known"
    try:
        call_with_failing("close", -1, 1, lambda: None)
    except OSError as error:
        return f"no seccomp filter can be installed: {error}"
    return None


def call_with_failing(call, fd, number, function):
    """Run a function while one system call on one descriptor fails.

    Args:
        call: "accept4", "close" or "connect".
        fd: the descriptor, the first argument of the call.
        number: the errno that it gives.
        function: run in a thread of its own, in this thread's namespace.

    Returns:
        what the function returned; what it raised is raised.
    """
    outcome = {}

    def run():
        try:
            _install(call, fd, number)
            outcome["result"] = function()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "error" in outcome:
        # Without the frames of the other thread, which hold its sockets.
        raise outcome["error"].with_traceback(None)
    return outcome["result"]


def _install(call, fd, number):
    arch, numbers = _MACHINES[platform.machine()]
    # Each jump skips to "allow", the last instruction but one.
    program = [
        (_LOAD, 0, 0, _AT_ARCH),
        (_JUMP_IF_EQUAL, 0, 5, arch),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_IF_EQUAL, 0, 3, numbers[call]),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_JUMP_IF_EQUAL, 0, 1, fd & 0xFFFFFFFF),
        (_RETURN, 0, 0, SECCOMP_RET_ERRNO | number),
        (_RETURN, 0, 0, SECCOMP_RET_ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in program)
    filters = ctypes.create_string_buffer(code, len(code))
    whole = ctypes.create_string_buffer(
        struct.pack("@HP", len(program), ctypes.addressof(filters))
    )
    if _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, whole, 0, 0
    ):
        error = ctypes.get_errno()
        raise OSError(error, f"prctl: {os.strerror(error)}")
