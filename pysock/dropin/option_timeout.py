"""SO_RCVTIMEO and SO_SNDTIMEO: timeouts that the kernel keeps.

A blocking call ends with EAGAIN when one has run out: the errno of "would
block", and yet somebody has waited.
"""

from __future__ import annotations

import _socket
import os
from sys import byteorder

from pysock.errors import Origin
from pysock.errors.handlers import by_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

_fileno = _socket.socket.fileno
_getsockopt = _socket.socket.getsockopt
_gettimeout = _socket.socket.gettimeout
_SENDS = frozenset(
    {"connect", "send", "sendall", "sendto", "sendmsg", "sendfile"}
)
_DEADLINE = Origin("deadline")


def option_timeout(sock: Any, call: str) -> float | None:
    """Seconds that the kernel lets a blocking call wait.

    Args:
        sock: the socket.
        call: the method's name; SO_SNDTIMEO holds for those that send, and
            for connect.

    Returns:
        the seconds; `None` for no end, and where it cannot be read.
    """
    option = _socket.SO_SNDTIMEO if call in _SENDS else _socket.SO_RCVTIMEO
    try:
        value = _getsockopt(sock, _socket.SOL_SOCKET, option, 16)
    except OSError as exc:
        if by_handler(exc):
            raise
        return None
    half = len(value) // 2
    seconds = int.from_bytes(value[:half], byteorder)
    microseconds = int.from_bytes(value[half:], byteorder)
    return seconds + microseconds / 1e6 or None


def _blocks(sock: Any) -> bool:
    try:
        return os.get_blocking(_fileno(sock))
    except OSError as exc:
        if by_handler(exc):
            raise
        return False  # closed meanwhile


def note_option_timeout(error: SocketError, sock: Any, call: str) -> None:
    """Tell a would-block error whose socket blocks that a time ran out."""
    if _gettimeout(sock) is not None:
        return
    seconds = option_timeout(sock, call)
    # Somebody may have made the descriptor non-blocking behind its back.
    if seconds is not None and _blocks(sock):
        error.origin = _DEADLINE
        error.elapsed = seconds
