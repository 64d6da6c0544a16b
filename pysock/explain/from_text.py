"""What libraries written in C tell of a failure: an address and some words.

The sockets of libpq and gRPC are none of Python's, and are closed when their
exceptions arrive. Read here is what they write: most of it was seen (libpq of
psycopg-binary 3.3, grpcio 1.85), some is of their sources. Any other text
tells nothing.
"""

from __future__ import annotations

import errno
import re
from socket import EAI_AGAIN, EAI_FAIL, EAI_NODATA, EAI_NONAME

from pysock.errors import Origin, PeerClosedError, ResolveError, TlsError
from pysock.errors import error_for as make
from pysock.explain.errno_texts import says

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

_LONGEST = 10_000  # characters of a text that are read

# libpq tries one address after the other and writes a line of each.
_LIBPQ = re.compile(
    r'connection to server at "([^"]+)"(?: \(([^)]+)\))?, port (\d+) failed: '
    r"((?:(?!connection to server at).)*)",
    re.DOTALL,
)
_PSYCOPG_NAME = re.compile(
    r"failed to resolve host '([^']+)': \[Errno (-\d+)\]"
)
_TRANSFER = re.compile(
    r"could not (receive data from|send data to) server: ([^\n]+)"
)
_SSL_ERROR = re.compile(r"SSL error: ([^\n]+)")
_SSL_SYSCALL = re.compile(r"SSL SYSCALL error: ([^\n]+)")

_GRPC = re.compile(
    r"ipv[46]:(?:\[|%5B)?([0-9a-fA-F.:]+?)(?:%25\w+)?(?:\]|%5D)?:(\d+): "
    r'([^"\n]+)'
)
_GRPC_NAME = re.compile(
    r"(?:errors resolving|DNS resolution failed for) ([^\s\"]+?):\d+: "
    r'([^"\n]+)'
)
_GRPC_STREAM = re.compile(r'Stream removed \(([^"\n]+?)\)"')
_BORINGSSL = re.compile(r"OPENSSL_internal:([A-Z0-9_]+)(?:: ([^:\"\n]+))?")

# The words of c-ares.
_RESOLVING = {
    "Domain name not found": EAI_NONAME,
    "DNS server returned answer with no data": EAI_NODATA,
    "DNS server returned general failure": EAI_FAIL,
    "Could not contact DNS servers": EAI_AGAIN,
    "Timeout while contacting DNS servers": EAI_AGAIN,
}
_CONNECTING = (
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ETIMEDOUT,
    errno.EADDRNOTAVAIL,
    errno.EACCES,
    errno.EPERM,
)
_TRANSFERRING = (errno.ECONNRESET, errno.ETIMEDOUT, errno.EPIPE)


def told_in(
    library: str, link: BaseException, address: Any
) -> SocketError | None:
    """Give the failure that an exception of such a library writes of.

    Args:
        library: `grpc`, `psycopg` or `psycopg2`, whose exception it is.
        link: the exception.
        address: `(host, port)`, for texts that have none; or `None`.

    Returns:
        the typed exception, without a snapshot; `None` where the text tells
        nothing, or an address is needed and not given.
    """
    try:
        text = str(link)[:_LONGEST]
    except Exception:
        return None  # somebody's subclass
    if library == "grpc":
        return _of_grpc(text, address)
    return _of_libpq(text, type(link).__name__, address)


def _of_libpq(text: str, name: str, address: Any) -> SocketError | None:
    unresolved = _PSYCOPG_NAME.search(text)
    if unresolved is not None:
        return _resolving(unresolved[1], int(unresolved[2]))
    attempts = _LIBPQ.findall(text)
    if attempts:
        host, numeric, port, words = attempts[-1]
        return _connecting_to((numeric or host, int(port)), words)
    if address is None:
        return None
    if name == "ConnectionTimeout":
        return _late(address)
    return _transferring(address, text)


def _connecting_to(where: Any, words: str) -> SocketError | None:
    if where[0].startswith("/"):
        return None  # the folder of a UNIX socket
    said = _SSL_ERROR.search(words)
    if said is not None:
        reason = said[1].strip().upper().replace(" ", "_")
        verify = said[1] if reason.startswith("CERTIFICATE_VERIFY") else None
        return tls_failure(where, reason=reason, verify=verify)
    said = _SSL_SYSCALL.search(words)
    if said is not None:
        return _broken(where, said[1])
    if words.startswith("timeout expired"):
        return _late(where)
    found = _transferring(where, words)
    if found is not None:
        return found
    number = _number(words, _CONNECTING)
    return None if number is None else make("connect", number, address=where)


def _transferring(where: Any, text: str) -> SocketError | None:
    said = _TRANSFER.search(text)
    if said is None:
        return None
    number = _number(said[2], _TRANSFERRING)
    if number is None:
        return None
    call = "recv" if said[1].startswith("receive") else "send"
    return make(call, number, address=where)


def _of_grpc(text: str, address: Any) -> SocketError | None:
    said = _GRPC_NAME.search(text)
    if said is not None:
        for words, unresolved in _RESOLVING.items():
            if words in said[2]:
                return _resolving(said[1], unresolved)
        return None
    said = _GRPC.search(text)
    if said is not None:
        where, words = (said[1], int(said[2])), said[3]
        if "handshake" in words.lower():
            return _handshake(where, words)
        number = _number(words, _CONNECTING)
        if number is None:
            return None
        return make("connect", number, address=where)
    said = _GRPC_STREAM.search(text)
    if said is None or address is None:
        return None
    if said[1] == "Socket closed":
        return _closed(address)
    number = _number(said[1], _TRANSFERRING)
    return None if number is None else make("recv", number, address=address)


def _handshake(where: Any, words: str) -> SocketError | None:
    said = _BORINGSSL.search(words)
    if said is None:
        return _broken(where, words)
    verify = said[2] if said[1] == "CERTIFICATE_VERIFY_FAILED" else None
    return tls_failure(where, reason=said[1], verify=verify)


def _broken(where: Any, words: str) -> SocketError | None:
    if _number(words, (errno.ECONNRESET, errno.EPIPE)) is not None:
        return tls_failure(where, ended="reset")
    if "EOF" in words or "Socket closed" in words:
        return tls_failure(where, ended="closed")
    return None


def tls_failure(
    where: Any,
    *,
    reason: str | None = None,
    verify: str | None = None,
    ended: str | None = None,
) -> TlsError:
    """Make the exception of a handshake that nothing else is known of.

    Args:
        where: the peer; `None` if it is not known.
        reason: OpenSSL's name for what was wrong.
        verify: why the certificate was not accepted.
        ended: `"reset"` or `"closed"`.
    """
    error = TlsError(reason or ended)
    error.call, error.in_handshake = "do_handshake", True
    error.address, error.errno = where, None
    error.tls_reason, error.verify_message = reason, verify
    error.ended = ended
    if ended is not None:
        error.origin = Origin("peer")
    return error


def _closed(where: Any) -> SocketError:
    error = PeerClosedError("the peer closed the connection")
    error.call, error.address = "recv", where
    error.origin = Origin("peer")
    return error


def _late(where: Any) -> SocketError:
    deadline = Origin("deadline")
    return make("connect", errno.ETIMEDOUT, address=where, origin=deadline)


def _resolving(host: str, number: int) -> ResolveError:
    error = ResolveError(number, "the name could not be resolved")
    error.call, error.address = "getaddrinfo", (host, None)
    return error


def _number(words: str, numbers: tuple[int, ...]) -> int | None:
    """The errno whose words are among these."""
    for number in numbers:
        if says(words, number):
            return number
    return None
