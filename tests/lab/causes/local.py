"""UNIX sockets: docker, postgres, a display."""

import contextlib
import os
import socket
import tempfile

from lab.capabilities import call_without_capabilities
from lab.causes.cause import Cause


def _path(meeting):
    return os.path.join(  # noqa: PTH118 (a str is what connect takes)
        meeting.stack.enter_context(tempfile.TemporaryDirectory()), "it.sock"
    )


def _sock(meeting):
    sock = meeting.sock(family=socket.AF_UNIX)
    sock.settimeout(meeting.timeout)
    return sock


def _bound(meeting, path):
    made = meeting.plain(socket.AF_UNIX)
    made.bind(path)
    return made


def _not_there(meeting):
    return meeting.caught(_sock(meeting).connect, _path(meeting))


def _nobody_listens(meeting):
    path = _path(meeting)
    _bound(meeting, path).close()
    return meeting.caught(_sock(meeting).connect, path)


def _no_socket(meeting):
    path = _path(meeting)
    with contextlib.suppress(OSError), open(path, "w"):  # noqa: PTH123
        pass
    return meeting.caught(_sock(meeting).connect, path)


def _queue_full(meeting):
    path = _path(meeting)
    _bound(meeting, path).listen(0)
    meeting.plain(socket.AF_UNIX).connect(path)
    sock = _sock(meeting)
    sock.settimeout(meeting.timeout or 0)
    return meeting.caught(sock.connect, path)


def _denied(meeting):
    path = _path(meeting)
    _bound(meeting, path).listen()
    os.chmod(path, 0)  # noqa: PTH101
    sock = _sock(meeting)
    return call_without_capabilities(
        lambda: meeting.caught(sock.connect, path)
    )


def _wrong_type(meeting):
    path = _path(meeting)
    _bound(meeting, path).listen()
    sock = meeting.sock(family=socket.AF_UNIX, kind=socket.SOCK_DGRAM)
    return meeting.caught(sock.connect, path)


_ONE = {"versions": (4,)}

CAUSES = (
    Cause(
        "a UNIX socket that is not there", _not_there, "unix-not-there",
        "caller", says=("it.sock",), **_ONE,
    ),
    Cause(
        "a UNIX socket that nobody listens on", _nobody_listens,
        "unix-refused", "peer", says=("it.sock",), **_ONE,
    ),
    Cause(
        "a file that is no socket", _no_socket, "unix-refused", "caller",
        near=True, says=("no socket",), **_ONE,
    ),
    Cause(
        "a UNIX socket whose queue is full", _queue_full, "unix-queue-full",
        "peer", modes=("timeout", "nonblocking"), says=("queue",), **_ONE,
    ),
    Cause(
        "a UNIX socket that this user may not write to", _denied,
        "unix-denied", "policy", says=("permission",), **_ONE,
    ),
    Cause(
        "a UNIX socket of another type", _wrong_type, "unix-wrong-type",
        "caller", **_ONE,
    ),
)  # fmt: skip
