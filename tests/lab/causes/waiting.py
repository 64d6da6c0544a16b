"""Reads and writes that take longer than the program waits."""

from lab.causes.cause import Cause
from lab.causes.ending import wait_for_window
from lab.replies import Script, ack, closed_window, data, syn_ack, zero_window

_SHORT = 0.5


def _reading(script, say=b"", hear=0):
    def make(meeting):
        sock = meeting.connected(meeting.far(script))
        if say:
            sock.send(say)
        if hear:
            sock.recv(hear)
        sock.settimeout(_SHORT)
        return meeting.caught(sock.recv, 9)

    return make


def _window_closed(meeting):
    there = meeting.far(
        Script((syn_ack,), to_data=(closed_window,), to_probe=(zero_window,))
    )
    sock = meeting.connected(there)
    sock.send(b"x" * 1000)
    wait_for_window(sock)
    sock.settimeout(_SHORT)
    return meeting.caught(sock.sendall, bytes(10**7))


def _would_block(meeting):
    sock = meeting.connected(meeting.far(Script((syn_ack,))))
    sock.settimeout(0)
    return meeting.caught(sock.recv, 9)


_TIMEOUT = ("timeout",)

CAUSES = (
    Cause(
        "a read, and nothing of ours is acknowledged",
        _reading(Script((syn_ack,)), say=b"question"),
        "timeout-peer-silent", "deadline", modes=_TIMEOUT,
    ),
    Cause(
        "a read, and all of ours is acknowledged",
        _reading(Script((syn_ack,), to_data=(ack,)), say=b"question"),
        "timeout-program-slow", "deadline", modes=_TIMEOUT,
    ),
    Cause(
        "a read, and half an answer came",
        _reading(
            Script((syn_ack,), to_data=(ack, data(b"half"))),
            say=b"question", hear=9,
        ),
        ("timeout",), "deadline", modes=_TIMEOUT, near=True,
    ),
    Cause(
        "a read, and nothing was sent", _reading(Script((syn_ack,))),
        "timeout-nothing-sent", "deadline", modes=_TIMEOUT,
    ),
    Cause(
        "a write, and the peer's window is closed", _window_closed,
        "timeout-window-closed", "deadline", modes=_TIMEOUT,
    ),
    Cause(
        "a read that would block", _would_block, "would-block",
        modes=("nonblocking",),
    ),
)  # fmt: skip
