"""Accepts that fail."""

import errno
import subprocess
import sys

from lab.causes.cause import Cause
from lab.failing_calls import call_with_failing


def _empty(meeting):
    sock = _listening(meeting)
    sock.settimeout(0)
    return meeting.caught(sock.accept)


def _nobody_came(meeting):
    sock = _listening(meeting)
    sock.settimeout(0.1)
    return meeting.caught(sock.accept)


_TAKES_ALL = """
import select, socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
print("ready", flush=True)
select.select([listener], [], [])
taken = listener.accept()
print("taken", flush=True)
sys.stdin.read()
"""


def _others_took_them(meeting):
    """Another process that holds the listener takes what comes."""
    sock = _listening(meeting)
    other = meeting.stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-c", _TAKES_ALL, str(sock.fileno())],
            pass_fds=[sock.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    )
    meeting.stack.callback(other.stdin.close)
    other.stdout.readline()
    meeting.plain().connect(sock.getsockname())
    other.stdout.readline()
    sock.settimeout(0.1)
    return meeting.caught(sock.accept)


def _not_listening(meeting):
    return meeting.caught(meeting.sock().accept)


def _failing(number):
    def make(meeting):
        sock = _listening(meeting)
        meeting.plain().connect(sock.getsockname())
        return call_with_failing(
            "accept4", sock.fileno(), number,
            lambda: meeting.caught(sock.accept),
        )  # fmt: skip

    return make


def _listening(meeting):
    sock = meeting.sock()
    sock.bind((meeting.loopback, 0))
    sock.listen()
    sock.settimeout(meeting.timeout)
    return sock


_ONCE = ("blocking",)

CAUSES = (
    Cause(
        "accept from an empty queue", _empty, "accept-empty",
        modes=("nonblocking",),
    ),
    Cause(
        "accept, and nobody came", _nobody_came, "accept-timeout",
        "deadline", modes=("timeout",),
    ),
    Cause(
        "accept, and another process took what came", _others_took_them,
        "accept-timeout", "deadline", modes=("timeout",), near=True,
        never=("no client connected",), says=("pid",),
    ),
    Cause(
        "accept on a socket that does not listen", _not_listening,
        "accept-not-listening", "caller", modes=_ONCE,
    ),
    Cause(
        "accept without a descriptor left", _failing(errno.EMFILE),
        "no-descriptor", "limit", modes=_ONCE,
    ),
    Cause(
        "accept without memory left", _failing(errno.ENOBUFS), "no-memory",
        "limit", modes=_ONCE,
    ),
    Cause(
        "accept of a connection that was aborted",
        _failing(errno.ECONNABORTED), "accept-aborted", "peer", modes=_ONCE,
    ),
    Cause(
        "accept of a connection with a network error",
        _failing(errno.ENETDOWN), "accept-network", modes=_ONCE,
    ),
)  # fmt: skip
