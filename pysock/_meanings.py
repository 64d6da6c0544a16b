"""What happened, in one sentence: a row's, or a truer one for the case.

A row of the catalogue covers what an errno can mean; the exception's call,
origin or address often leave only one of these.
"""

from __future__ import annotations

import errno
from socket import EAI_AGAIN, EAI_FAMILY, EAI_SERVICE

from pysock.errors import (
    KINDS,
    AddressUnavailableError,
    DescriptorLimitError,
    NetworkUnreachableError,
    PeerSilentError,
    ResolveError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors import Failure, SocketError

# What the resolver's numbers say; the rest is the row's.
_RESOLVING = {
    EAI_AGAIN: "No name server answered; the name may well exist.",
    EAI_SERVICE: "The port was given as a name that /etc/services has not.",
    EAI_FAMILY: "The host is not an address of this socket's family.",
}

# EADDRNOTAVAIL of a connect, by origin.
_NO_ADDRESS = {
    "caller": (
        "The socket is bound to a port from which there is a connection to "
        "this destination already."
    ),
    "limit": "No local port is left for a connection to this destination.",
    "route": (
        "No interface of this network namespace has an address of that "
        "family to send from."
    ),
}

# EINVAL of calls that have no row for it.
_OUT_OF_ORDER = {
    "bind": "The socket has an address already, or this one makes no sense.",
    "listen": "The socket is connected, or connecting.",
    "accept": "The socket does not listen, or was shut down.",
}

_LIMITS = {
    errno.EMFILE: "This process has no descriptor left (RLIMIT_NOFILE).",
    errno.ENFILE: "The whole machine has no open file left (fs.file-max).",
}


def meaning(error: SocketError, row: Failure | None) -> str:
    """Say what happened.

    Args:
        error: the exception.
        row: its row of the catalogue; `None` if it has none.
    """
    kind = error.origin.kind if error.origin is not None else None
    number = error.errno or 0
    if row is None:
        if number == errno.EINVAL and error.call in _OUT_OF_ORDER:
            return _OUT_OF_ORDER[error.call]
        said = error.strerror or str(error)
        why = f", by {KINDS[kind]}" if kind is not None else ""
        return f"{error.call or 'The call'} failed{why}: {said}."
    if isinstance(error, AddressUnavailableError) and error.call == "connect":
        return _NO_ADDRESS.get(kind or "", row.meaning)
    if (
        isinstance(error, NetworkUnreachableError)
        and kind == "route"
        and error.address is not None
        and _is_for_many(error.address[0])
    ):
        return "TCP connects to one host, not to a group of them."
    if isinstance(error, DescriptorLimitError) and number in _LIMITS:
        waits = error.call == "accept"
        return _LIMITS[number] + waits * " The connection stays queued."
    if isinstance(error, ResolveError):
        return _RESOLVING.get(number, row.meaning)
    info = error.tcp_info
    if isinstance(error, PeerSilentError) and info and info.snd_wnd == 0:
        return (
            "The peer's host answered, but its program took no data until "
            "the kernel's patience ended (TCP_USER_TIMEOUT)."
        )
    return row.meaning


def _is_for_many(host: str) -> bool:
    """Whether it is a multicast address, or IPv4's broadcast address."""
    host = host.removeprefix("::ffff:") if "." in host else host
    if ":" in host:
        return host.startswith("ff") and host.find(":") == 4
    return host == "255.255.255.255" or 224 <= int(host.split(".")[0]) <= 239
