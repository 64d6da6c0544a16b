"""The failures of the table: each row, ready to be met in each protocol."""

import contextlib
from typing import NamedTuple

from clients.reach.dialects import DIALECTS
from pysock import testing
from pysock.testing.certificate import certificate
from pysock.testing.scripted import Scripted
from pysock.testing.sockets import LOOPBACK

# Row: how the page calls it.
ROWS = {
    "refused": "refused",
    "silent-host": "silent host",
    "icmp": "ICMP host unreachable",
    "full-queue": "full accept queue",
    "no-name": "name not found",
    "reset": "RST mid-answer",
    "stale": "FIN on a stale keep-alive",
    "read-host-silent": "read timeout, host silent",
    "read-program-slow": "read timeout, program slow",
    "tls-reset": "TLS handshake reset",
    "tls-plain-text": "plain text instead of TLS",
    "tls-expired": "expired certificate",
}

# Seconds until a client gives up: where that is the failure, and where it
# must not happen, however busy the machine is. Whole ones, for those that take
# no others.
_SHORT, _LONG = 2, 30
IDLE = (
    "silent-host", "full-queue", "read-host-silent", "read-program-slow",
)  # fmt: skip

# Later than the request by what the kernel's clocks can tell.
_LATER = ("wait", 0.02)
_REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


class Met(NamedTuple):
    """Where a failure is met.

    Attributes:
        address: of `pysock.testing`.
        cell: what the driver is told.
    """

    address: testing.Address
    cell: dict


def begin(row, dialect, stack):
    """Bring a failure about until `stack` closes; a `Met`."""
    address = stack.enter_context(_manager(row, DIALECTS[dialect]))
    cell = {
        "row": row,
        "host": address.host,
        "port": address.port,
        "tls": row.startswith("tls-"),
        "ca_file": address.ca_file,
        "patience": _SHORT if row in IDLE else _LONG,
        # The client mostly waits.
        "idles": row in IDLE,
        # A process of the network that the client has to be in.
        "at": getattr(address, "pid", None),
        "pauses": row == "read-host-silent",
    }
    return Met(address, cell)


def shared(row):
    """Whether one such failure does for a client plain and noted."""
    return row != "read-host-silent"


def _manager(row, dialect):
    asked = (*dialect.login, "request")
    answered = (*asked, ("send", dialect.answer), *dialect.afterwards)
    half = len(dialect.answer) // 2
    match row:
        case "refused":
            return testing.refusing()
        case "silent-host":
            return testing.silent_host()
        case "icmp":
            return testing.icmp()
        case "full-queue":
            return testing.full_queue()
        case "no-name":
            return testing.unresolvable_name()
        case "reset":
            part = ("send", dialect.answer[:half])
            return testing.script([*asked, _LATER, part, "reset"])
        case "stale":
            return testing.script([*answered, "request", "close"])
        case "read-host-silent":
            return testing.network(steps=[*answered, "silence"])
        case "read-program-slow":
            return testing.script([*asked, "silence"])
        case _:
            return _tls(row, dialect)


@contextlib.contextmanager
def _tls(row, dialect):
    steps = {
        "tls-reset": ["request", "reset"],
        "tls-plain-text": ["request", ("send", _REFUSAL), "close"],
        "tls-expired": ["tls", "drain"],
    }[row]
    with certificate(LOOPBACK, expired=True, wrong_name=False) as made:
        chain, authority = made
        server = Scripted(
            [*dialect.before_tls, *steps],
            scheme="https",
            certificate=chain,
            old_version=False,
        )
        with server as address:
            address.ca_file = authority
            yield address
