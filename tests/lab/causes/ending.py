"""Connections that end, and who ended them."""

import os
import select
import socket
import struct

from lab.causes.cause import LONGEST, Cause, wait
from lab.established import ESTABLISHED, IMPATIENT, kill
from lab.replies import (
    Script,
    ack,
    closed_window,
    data,
    fin,
    rst,
    syn_ack,
    zero_window,
)
from lab.waiting import until
from pysock import errors
from support import loopback

_CODES = {
    "22a": "killed-here",
    "23": "write-after-shutdown",
    "24": "peer-silent",
    "25": "path-unreachable",
    "zero-window": "peer-window-closed",
}
_AF_UNSPEC = struct.pack("=H14x", 0)


def _of_scenario(scenario):
    def make(meeting):
        # A link that has just come up may lose what is sent first.
        meeting.connected(meeting.far(Script((syn_ack,))))
        with scenario.doomed(meeting.place, meeting.version) as sock:
            sock.settimeout(meeting.timeout)
            return meeting.caught(sock.send, b"x")

    return Cause(
        f"{scenario.name} (row {scenario.row})", make,
        {v: _code(scenario, v) for v in (4, 6)},
        {v: _first(scenario, v).origin.kind for v in (4, 6)},
    )  # fmt: skip


def _code(scenario, version):
    if _first(scenario, version).error is errors.PeerUnreachableError:
        return _CODES["25"]
    return _CODES.get(scenario.name, _CODES[scenario.row])


def _first(scenario, version):
    return scenario.of(version, "writing")[0]


def _dead(meeting, script, *options, say=b"", hear=0):
    """A connection that the kernel knows to be over, its error not taken."""
    sock = meeting.connected(meeting.far(script), *options)
    sock.settimeout(5)
    if hear:
        sock.recv_into(bytearray(hear), hear, socket.MSG_WAITALL)
    if say:
        sock.send(say)
    wait(sock, 0)  # POLLHUP and POLLERR come unasked
    sock.settimeout(meeting.timeout)
    return sock


def _reset_at_once(meeting):
    listener = meeting.listener()
    sock = meeting.connected(listener.getsockname())
    loopback.reset(listener.accept()[0])
    wait(sock, 0)
    return meeting.caught(sock.recv, 9)


def _reset_unanswered(meeting):
    sock = _dead(meeting, Script((syn_ack,), to_data=(rst,)), say=b"question")
    return meeting.caught(sock.recv, 9)


def _reset_idle(meeting):
    script = Script((syn_ack,), to_data=(ack, data(b"answer"), rst))
    sock = meeting.connected(meeting.far(script))
    sock.settimeout(5)
    sock.send(b"question")
    sock.recv(9)
    wait(sock, 0)
    sock.settimeout(meeting.timeout)
    return meeting.caught(sock.send, b"next")


def _broken(meeting):
    """The peer closes, we write, its host resets, we write again."""
    script = Script((syn_ack,), once_connected=(fin,), to_data=(rst,))
    sock = meeting.connected(meeting.far(script))
    wait(sock, select.POLLRDHUP)
    sock.settimeout(5)
    sock.send(b"x")
    wait(sock, 0)
    sock.settimeout(meeting.timeout)
    return meeting.caught(sock.send, b"y")


def _killed_and_taken(meeting):
    """SOCK_DESTROY, and somebody has read SO_ERROR before the write."""
    sock = meeting.connected(meeting.far(Script((syn_ack,))))
    kill(meeting.place, sock)
    wait(sock, 0)
    _take_error(sock)
    return meeting.caught(sock.send, b"x")


def _take_error(sock):
    """Read SO_ERROR as a library does that has the descriptor alone."""
    with socket.socket(fileno=os.dup(sock.fileno())) as other:
        assert other.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _shut_down_through_a_dup(meeting):
    """Another descriptor of the same socket sent the FIN; the peer closed."""
    script = Script((syn_ack,), to_fin=(ack, fin))
    sock = meeting.connected(meeting.far(script))
    with socket.socket(fileno=os.dup(sock.fileno())) as other:
        other.shutdown(socket.SHUT_WR)
    wait(sock, select.POLLRDHUP)
    _until_closed(sock)
    return meeting.caught(sock.send, b"x")


def _until_closed(sock):
    info = (socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    until(lambda: sock.getsockopt(*info) == b"\x07", LONGEST, "end")


def _disconnected_here(meeting):
    """connect(AF_UNSPEC), which no method of the class does."""
    import ctypes

    sock = meeting.connected(meeting.far(Script((syn_ack,), to_data=(ack,))))
    sock.send(b"x")
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.connect(sock.fileno(), _AF_UNSPEC, len(_AF_UNSPEC)) == 0
    return meeting.caught(sock.send, b"y")


def _window_closed(*, alive):
    def make(meeting):
        script = Script(
            (syn_ack,), to_data=(closed_window,), to_probe=(zero_window,)
        )
        there = meeting.far(script)
        # Long enough for a far end that has to wait for a CPU itself.
        patience = (*IMPATIENT[0][:2], 3000 if alive else 1500)
        sock = meeting.connected(there, patience)
        sock.settimeout(5)
        sock.send(b"x" * 1000)
        wait_for_window(sock)
        sock.send(b"y" * 1000)
        if not alive:
            meeting.place.far_end.play(there[0], Script())
        wait(sock, 0)
        sock.settimeout(meeting.timeout)
        return meeting.caught(sock.recv, 9)

    return make


def wait_for_window(sock):
    """Wait until the peer has closed its window."""
    info = (socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    at = 228  # tcpi_snd_wnd
    until(
        lambda: struct.unpack_from("=I", sock.getsockopt(*info), at)[0] == 0,
        LONGEST,
        "closed window",
    )


def _closed_early(meeting):
    """Only pysock's own class has recv_exactly."""
    script = Script((syn_ack,), once_connected=(data(b"half"), fin))
    sock = meeting.connected(meeting.far(script))
    wait(sock, select.POLLRDHUP)
    return meeting.caught(sock.recv_exactly, 100)


def _read_after_shutdown(how):
    def make(meeting):
        sock = meeting.connected(meeting.far(Script((syn_ack,))))
        with socket.socket(fileno=os.dup(sock.fileno())) as other:
            other.shutdown(how)
        return meeting.caught(sock.recv_exactly, 100)

    return make


def _read_after_a_reset_that_was_told(meeting):
    """The RST's errno went to the write; the read then meets an end."""
    script = Script((syn_ack,), to_data=(rst,))
    sock = _dead(meeting, script, say=b"question")
    meeting.caught(sock.send, b"more")
    return meeting.caught(sock.recv_exactly, 100)


_TYPED = ("typed",)
_ROWS = ("22a", "23", "24", "25")

CAUSES = (
    *(_of_scenario(s) for s in ESTABLISHED if s.row in _ROWS),
    Cause(
        "reset before any data", _reset_at_once, "peer-reset-at-once", "peer",
    ),
    Cause(
        "reset after what this program sent", _reset_unanswered,
        "peer-reset-unanswered", "peer",
    ),
    Cause(
        "reset after what the peer sent", _reset_idle, "peer-reset-idle",
        "peer",
    ),
    Cause(
        "the peer closed, we wrote twice", _broken, "broken-pipe", "peer",
    ),
    Cause(
        "killed here, the error taken by another, then a write",
        _killed_and_taken, "broken-pipe", None, near=True,
        never=("the peer closed", "had gone"),
    ),
    Cause(
        "our own shutdown through a dup, the peer closed, then a write",
        _shut_down_through_a_dup, "write-after-shutdown", "caller",
        near=True, never=("the peer closed", "RST"),
    ),
    Cause(
        "our own connect(AF_UNSPEC), then a write", _disconnected_here,
        "not-connected", "caller", near=True, never=("RST", "the peer"),
    ),
    Cause(
        "the peer's window is closed, its host is alive",
        _window_closed(alive=True), "peer-window-closed", "timer",
        says=("window",),
    ),
    Cause(
        "the peer's window is closed, then its host dies",
        _window_closed(alive=False), "peer-silent", "timer", near=True,
        never=("host answered", "took no data"),
    ),
)  # fmt: skip

# What only the typed face has.
TYPED = (
    Cause("the peer closed early", _closed_early, "peer-closed", "peer"),
    Cause(
        "our own SHUT_RD through a dup, then recv_exactly",
        _read_after_shutdown(socket.SHUT_RD), "read-shut-here",
        "caller", near=True, never=("the peer closed", "the peer sent"),
    ),
    Cause(
        "our own SHUT_RDWR through a dup, then recv_exactly",
        _read_after_shutdown(socket.SHUT_RDWR), "read-shut-here",
        "caller", near=True, never=("the peer closed", "the peer sent"),
    ),
    Cause(
        "a reset that a write was told of, then recv_exactly",
        _read_after_a_reset_that_was_told, "read-after-end", "peer", near=True,
        never=("in order",),
    ),
)  # fmt: skip
