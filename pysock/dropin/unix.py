"""The exception of a connect to a UNIX socket."""

from __future__ import annotations

import os
import stat
from errno import (
    EACCES,
    EAGAIN,
    ECONNREFUSED,
    ENOENT,
    ENOTDIR,
    EPERM,
    EPROTOTYPE,
)

from pysock.errors import Origin, error_for
from pysock.errors.handlers import by_handler
from pysock.errors.tree import UnixConnectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

# Who says no, by errno; an errno without one is not this module's.
_ORIGINS = {
    ENOENT: "caller",
    ENOTDIR: "caller",
    ECONNREFUSED: "peer",
    EAGAIN: "peer",
    EACCES: "policy",
    EPERM: "policy",
    EPROTOTYPE: "caller",
}


def unix_failure(
    args: tuple[Any, ...], address: Any, elapsed: float | None
) -> SocketError | None:
    """Make the exception; `None` for what is not known of UNIX sockets.

    Args:
        args: of the standard module's exception.
        address: the path that was given; bytes or text.
        elapsed: seconds that it took.
    """
    number = args[0]
    kind = _ORIGINS.get(number)
    if kind is None or not isinstance(address, (str, bytes, bytearray)):
        return None
    given: bytes | str = (
        bytes(address) if isinstance(address, bytearray) else address
    )
    path = os.fsdecode(given)
    error = error_for(
        "connect",
        number,
        args=args,
        kind=UnixConnectError,
        origin=Origin(kind),
        elapsed=elapsed,
        address=path,
    )
    if number == ECONNREFUSED and _is_no_socket(path):
        error.origin, error._reason = Origin("caller"), "no-socket"
    return error


def _is_no_socket(path: str) -> bool:
    """Whether it is a file of another kind, now."""
    if path.startswith("\0"):
        return False  # of the abstract namespace: no file
    try:
        return not stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError) as exc:
        if by_handler(exc):
            raise
        return False
