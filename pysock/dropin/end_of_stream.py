"""What is kept when a read meets the end of the stream: one reading."""

from __future__ import annotations

import _socket

from pysock.dropin.kinds import is_tcp
from pysock.errors import Origin, PeerClosedError
from pysock.errors.handlers import from_handler
from pysock.explain.end_of_stream import caller, keep
from pysock.explain.ended_objects import keep_of, known_of
from pysock.raw.evidence import tcp_info_of
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

_fileno = _socket.socket.fileno
_PEER = Origin("peer")

# States of a connection whose peer has sent its FIN.
_FIN_CAME = frozenset(
    {
        TcpState.CLOSE_WAIT,
        TcpState.LAST_ACK,
        TcpState.CLOSING,
        TcpState.TIME_WAIT,
    }
)


def has_room(buffer: Any) -> bool:
    """Whether something fits into a buffer that C has written to.

    Nothing read into none is no end. Not every buffer has a length.
    """
    try:
        with memoryview(buffer) as view:
            return view.nbytes > 0
    except (BufferError, TypeError, ValueError):
        return False


def met_end(sock: Any, call: str) -> None:
    """Keep how the connection stood when a read gave nothing.

    Args:
        sock: of the standard class; nothing is kept of what is not TCP.
        call: the method's name.

    To be called by the method that the program called. One system call, at
    the first time that a socket's end is met. An end that this program made,
    by shutting its reading down, is none. Raises nothing but what a signal's
    handler raises meanwhile.
    """
    try:
        error = known_of(sock)
        if error is None:
            read = _reading(sock, call)
            if read is None or read._fin_came is False:
                return
            error = read
            keep_of(sock, error)
        keep(error, caller(2))
    except Exception as problem:
        if from_handler(problem):
            raise


def end_of(sock: Any, *, tls: bool = False) -> SocketError | None:
    """How a stream has ended that a library calls ended.

    Args:
        sock: of the standard class.
        tls: whether TLS is spoken over it, which has an end of its own.

    Returns:
        what was read when the end was met; where no read met it, what is read
        now. `None` of what is not TCP, of a socket that is closed, and of a
        connection that has not ended: then somebody here has closed it.

    Raises nothing but what a signal's handler raises meanwhile.
    """
    try:
        known = known_of(sock)
        if known is not None:
            return known
        read = _reading(sock, "recv")
        if read is None:
            return None
        if read._fin_came is False:
            if not tls:
                return None
            read._reason = "session"
        keep_of(sock, read)
        return read
    except Exception as problem:
        if from_handler(problem):
            raise
        return None


def _reading(sock: Any, call: str) -> PeerClosedError | None:
    if not is_tcp(sock):
        return None
    fd = _fileno(sock)
    info = tcp_info_of(fd) if fd >= 0 else None
    # Closed meanwhile, the number may be somebody else's.
    if info is None or _fileno(sock) != fd:
        return None
    error = PeerClosedError("the stream has ended")
    error.call, error.tcp_info = call, info
    if info.state in _FIN_CAME:
        error._fin_came = True
        error.origin = _PEER
    elif info.state is not TcpState.CLOSE:
        error._fin_came = False
    return error
