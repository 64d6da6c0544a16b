"""What happened, in one sentence: a row's, or a truer one for the case.

A row of the catalogue covers what an errno can mean; the exception's call,
origin or address often leave only one of these.
"""

from __future__ import annotations

import errno
from socket import (
    AF_INET,
    AF_INET6,
    EAI_AGAIN,
    EAI_FAMILY,
    EAI_SERVICE,
    SOCK_DGRAM,
    inet_pton,
    socket,
)

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
    from typing import Any

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
    "listen": "The socket is connected, connecting, or was connected.",
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

    Raises:
        OSError: its address is not numeric: pysock did not make it.
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
        and _is_for_many(error.address)
    ):
        return "TCP connects to one host, not to a group of them."
    if isinstance(error, DescriptorLimitError) and number in _LIMITS:
        said = _LIMITS[number]
        if error.call == "accept":
            said += " The connection stays queued."
        return said
    if isinstance(error, ResolveError):
        return _RESOLVING.get(number, row.meaning)
    info = error.tcp_info
    if isinstance(error, PeerSilentError) and info and info.snd_wnd == 0:
        return (
            "The peer's host answered, but its program took no data until "
            "the kernel's patience ended (TCP_USER_TIMEOUT)."
        )
    return row.meaning


def _is_for_many(address: tuple[Any, ...]) -> bool:
    """Whether it is a multicast address, or the broadcast address of a net."""
    host = address[0].removeprefix("::ffff:")
    if ":" in host:
        return inet_pton(AF_INET6, host)[0] == 0xFF
    if inet_pton(AF_INET, host)[0] >> 4 == 0xE:
        return True
    with socket(AF_INET, SOCK_DGRAM) as probe:
        try:
            probe.connect((host, address[1]))  # sends nothing
        except PermissionError:
            # What the kernel says to who did not set SO_BROADCAST.
            return True
        except OSError:
            pass
    return False
