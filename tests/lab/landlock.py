"""A thread that Landlock forbids to connect, or to bind.

Landlock (Linux 6.7 for TCP) is what sandboxes use; like every security module
it answers EACCES, as a prohibit route and a privileged port do.
"""

import ctypes
import os
import struct
import threading

BIND, CONNECT = 1, 2

_CREATE, _RESTRICT = 444, 446  # the same numbers on every machine
_VERSION = 1
_SINCE = 4  # the version of Landlock that knows TCP
PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def missing():
    """Say what this machine lacks for it; None if it has everything."""
    version = _libc.syscall(_CREATE, None, 0, _VERSION)
    if version < _SINCE:
        return f"Landlock does not restrict TCP here (version {version})"
    return None


def call_forbidden(access, function):
    """Run a function in a thread that may not connect, or may not bind.

    Args:
        access: `BIND`, `CONNECT`, or both.
        function: run in a thread of its own, in this thread's namespace.

    Returns:
        what the function returned; what it raised is raised.
    """
    outcome = {}

    def run():
        try:
            _forbid(access)
            outcome["result"] = function()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"].with_traceback(None)
    return outcome["result"]


def _forbid(access):
    wanted = struct.pack("=QQ", 0, access)  # nothing of files
    rules = _check(_libc.syscall(_CREATE, wanted, len(wanted), 0), "create")
    try:
        _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
        _check(_libc.syscall(_RESTRICT, rules, 0), "restrict")
    finally:
        os.close(rules)


def _check(result, call):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock {call}: {os.strerror(number)}")
    return result
