"""Failures that exceptions tell of by themselves: nobody noted them.

Of sockets that are none of Python's: uvloop's, libpq's, gRPC's, those of a
TLS session in memory, and whatever the noted face was not there for.
"""

from __future__ import annotations

import re
import sys
from errno import (
    EADDRINUSE,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EHOSTDOWN,
    EHOSTUNREACH,
    EMFILE,
    ENETDOWN,
    ENETUNREACH,
    ENFILE,
    EPIPE,
)
from socket import gaierror

from pysock.errors import ResolveError, error_for
from pysock.explain.chain import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

# What asyncio writes: "[Errno 111] Connect call failed ('127.0.0.1', 9)".
_OF_ASYNCIO = re.compile(r"Connect call failed \('([^']*)', (\d+)")

# Whose exceptions have a text that is read.
_WRITERS = frozenset({"grpc", "psycopg", "psycopg2"})

# A RST or a FIN: OpenSSL does not tell, and the socket is not here.
_ENDS_OF_FILE = ("UNEXPECTED_EOF_WHILE_READING",)

# The call that an errno is of, where one kind of call has it above all. A
# bare ETIMEDOUT, EINVAL or EACCES may be of any.
_CALLS = {
    ECONNREFUSED: "connect",
    EHOSTUNREACH: "connect",
    EHOSTDOWN: "connect",
    ENETUNREACH: "connect",
    ENETDOWN: "connect",
    EADDRINUSE: "bind",
    ECONNRESET: "recv",
    ECONNABORTED: "recv",
    EPIPE: "send",
}

# Who makes sockets and selectors, and nothing that has a limit of its own (as
# inotify has, which says EMFILE too).
_MAKERS = frozenset({"asyncio", "selectors", "socket", "trio", "uvloop"})

# The failure that was told last, and of which exception.
_last: tuple[tuple[Any, ...], SocketError] | None = None


def told_by(
    exception: BaseException, address: Any = None
) -> SocketError | None:
    """Give the failure that an exception tells of by itself.

    Args:
        exception: what nobody noted.
        address: what the failed call was about, `(host, port)`, for those
            that do not know; or `None`.

    Returns:
        that of the nearest link that tells: a text of libpq or gRPC, a plain
        `OSError` with its errno, a loop that had no descriptor to start, an
        `ssl.SSLError` with its reason; `None` where none does. It has no
        snapshot.
    """
    where = address if isinstance(address, tuple) else None
    for link in chain(exception):
        told = _by_text(link, where) or _by_errno(link, where)
        if told is not None:
            return _as_before(link, told)
    return None


def _by_text(link: BaseException, where: Any) -> SocketError | None:
    for kind in type(link).__mro__:
        library = kind.__module__.partition(".")[0]
        if library in _WRITERS:
            # What reads them: not before one of them is there.
            from pysock.explain.from_text import told_in

            return told_in(library, link, where)
    return None


def _by_errno(link: BaseException, where: Any) -> SocketError | None:
    if not isinstance(link, OSError) or type(link.errno) is not int:
        return None
    if _is_tls(link):
        reason = getattr(link, "reason", None)
        if not isinstance(reason, str) or reason in _ENDS_OF_FILE:
            return None
        from pysock.explain.from_text import tls_failure

        verify = getattr(link, "verify_message", None)
        return tls_failure(where, reason=reason, verify=verify)
    if isinstance(link, gaierror):
        return _unresolved(link, where)
    if link.errno in (EMFILE, ENFILE):
        return error_for("socket", link.errno) if _is_of_making(link) else None
    call = _CALLS.get(link.errno)
    said = _OF_ASYNCIO.search(str(link))
    if said is not None:
        call, where = "connect", (said[1], int(said[2]))
    if call is None or where is None:
        return None
    return error_for(call, link.errno, address=where)


def _is_of_making(link: OSError) -> bool:
    """Whether a socket, a pair of them or a selector could not be made.

    A loop that starts makes both, in C and below every method of a socket.
    """
    inner = link.__traceback__
    if inner is None or link.filename is not None:
        return False
    while inner.tb_next is not None:
        inner = inner.tb_next
    name = str(inner.tb_frame.f_globals.get("__name__"))
    return name.partition(".")[0] in _MAKERS


def _is_tls(link: OSError) -> bool:
    """Whether it is an `ssl.SSLError`, without loading that module."""
    ssl = sys.modules.get("ssl")
    return ssl is not None and isinstance(link, ssl.SSLError)


def _unresolved(link: gaierror, where: Any) -> ResolveError:
    failure = ResolveError(*link.args)
    failure.call = "getaddrinfo"
    if where is not None:
        failure.address = (where[0], None)
    return failure


def _as_before(link: BaseException, told: SocketError) -> SocketError:
    """Who asks again about one exception asks about one failure.

    Without a reference, which would keep the exception's frames alive. If it
    is gone and another has its place, both tell of the same all the same.
    """
    global _last
    inner = link.__traceback__
    while inner is not None and inner.tb_next is not None:
        inner = inner.tb_next
    key = id(link), id(inner), told.code, told.address
    known = _last
    if known is not None and known[0] == key:
        return known[1]
    _last = key, told
    return told
