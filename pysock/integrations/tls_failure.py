"""The typed exception of a TLS session: what its connection knows of it."""

from __future__ import annotations

import _socket
import ssl
from errno import ECONNRESET, EPIPE, ETIMEDOUT
from fcntl import ioctl
from termios import FIONREAD

from pysock.dropin.kinds import is_tcp
from pysock.errors import Origin, TlsError
from pysock.raw.conversation import note_conversation
from pysock.raw.evidence import local_address_of, peer_of
from pysock.raw.snapshot import info_of_transfer
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError

_RESET = (ECONNRESET, EPIPE)
# What a failure of the connection keeps when it is told as one of TLS.
_EVIDENCE = (
    "errno",
    "address",
    "local_address",
    "elapsed",
    "origin",
    "tcp_info",
    "delivery",
    "_sent_fin",
    "_fin_came",
    "_newest_data",
)

_PEER, _DEADLINE = Origin("peer"), Origin("deadline")


def tls_failure(
    sock: Any,
    call: str,
    exc: OSError,
    server_name: str | None,
    *,
    in_handshake: bool = True,
    elapsed: float | None = None,
    said: Callable[[], bytes | None] | None = None,
) -> TlsError | None:
    """Make the typed exception of a TLS session that failed; not reported.

    Args: as `note_tls` has them; `sock` is of the standard class.

    Returns:
        the exception; `None` for a closed socket, and what is not TCP.
    """
    fd = sock.fileno()
    if fd < 0 or not is_tcp(sock):
        return None
    error = TlsError(*exc.args)
    error.server_name = server_name
    error.call, error.in_handshake = call, in_handshake
    error.address, error.local_address = peer_of(fd), local_address_of(fd)
    error.tcp_info = info_of_transfer(fd)
    note_conversation(error, fd)
    error.errno = None if isinstance(exc, ssl.SSLError) else exc.errno
    error.tls_reason = getattr(exc, "reason", None)
    error.verify_message = getattr(exc, "verify_message", None)
    if error.verify_message is None:
        if _has_ended(exc):
            error.ended, error.origin = _how(exc, error), _PEER
        elif isinstance(exc, (TimeoutError, ConnectionAbortedError)):
            error.errno, error.origin = ETIMEDOUT, _DEADLINE
            error.elapsed = elapsed or sock.gettimeout() or None
        elif in_handshake:
            error.plain_text = said() if said is not None else _waiting(sock)
    return error


def in_handshake(known: SocketError, name: str | None) -> TlsError | None:
    """Say of a read or write that it was one of the handshake.

    Args:
        known: its typed exception.
        name: whom the certificate had to be for.

    Returns:
        another with the same evidence, not reported again; `None` where it
        was no reset.
    """
    if isinstance(known, TlsError) or known.errno not in _RESET:
        return None
    error = TlsError(*known.args)
    for slot in _EVIDENCE:
        setattr(error, slot, getattr(known, slot))
    error.call, error.in_handshake = "do_handshake", True
    error.server_name, error.ended = name, "reset"
    return error


def _how(exc: OSError, error: TlsError) -> str:
    """Tell a RST, which OpenSSL may turn into an end of file, from a FIN.

    After a FIN the socket may be closed as well: by the RST that answered
    what this end still sent.
    """
    if exc.errno in _RESET:
        return "reset"
    info = error.tcp_info
    over = info is not None and info.state is TcpState.CLOSE
    return "reset" if over and not error._fin_came else "closed"


def _waiting(sock: Any) -> bytes | None:
    """Look at what the peer said; OpenSSL has taken five bytes of it."""
    if ioctl(sock.fileno(), FIONREAD, bytes(4)) == bytes(4):
        return None  # a recv would wait, as long as the timeout says
    flags = _socket.MSG_PEEK | _socket.MSG_DONTWAIT
    return _socket.socket.recv(sock, 256, flags)


def _has_ended(exc: OSError) -> bool:
    return isinstance(
        exc,
        (
            ssl.SSLEOFError,
            ssl.SSLZeroReturnError,
            ConnectionResetError,
            BrokenPipeError,
        ),
    ) or (getattr(exc, "reason", None) == "UNEXPECTED_EOF_WHILE_READING")
