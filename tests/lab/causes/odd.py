"""Calls that make no sense on the socket, and questions about others."""

import os
import socket

import pysock
from lab.capabilities import call_without_capabilities
from lab.causes.cause import Cause


def _not_connected(meeting):
    return meeting.caught(meeting.sock().recv, 9)


def _closed_here(meeting):
    sock = meeting.sock()
    sock.close()
    return meeting.caught(sock.recv, 9)


def _write_after_shutdown(meeting):
    sock = meeting.connected(meeting.listener().getsockname())
    sock.shutdown(socket.SHUT_WR)
    return meeting.caught(sock.send, b"x")


def _not_tcp(meeting):
    return _raised(pysock.tcp_info, meeting.stack.enter_context(_Pipe()))


class _Pipe:
    """The reading end of a pipe, closed in the end."""

    def __enter__(self):
        reading, writing = os.pipe()
        os.close(writing)
        self._fd = reading
        return reading

    def __exit__(self, *_):
        os.close(self._fd)


def _not_listening(meeting):
    sock = pysock.socket(meeting.family)
    with sock:
        return _raised(sock.listen_queue)


def _diag_denied(meeting):
    there = meeting.listener().getsockname()
    return call_without_capabilities(
        lambda: _raised(pysock.sock_diag.destroy, there)
    )


def _raised(call, *arguments):
    """What pysock's own functions raise, in either face."""
    try:
        call(*arguments)
    except pysock.errors.SocketError as error:
        return error.with_traceback(None)
    return None


_ONCE = ("blocking",)

CAUSES = (
    Cause(
        "a read without a connection", _not_connected, "not-connected",
        "caller",
    ),
    Cause("a read on a closed socket", _closed_here, "closed-here", "caller"),
    Cause(
        "a write after our own shutdown", _write_after_shutdown,
        "write-after-shutdown", "caller",
    ),
    Cause("TCP_INFO of a pipe", _not_tcp, "not-tcp", "caller", modes=_ONCE),
    Cause(
        "the queue of what does not listen", _not_listening,
        "not-listening", "caller", modes=_ONCE,
    ),
    Cause(
        "killing a socket without the right to", _diag_denied,
        "diag-denied", "policy", modes=_ONCE,
    ),
)  # fmt: skip
