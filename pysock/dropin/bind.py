"""The exception for a bind that failed."""

from __future__ import annotations

from errno import EBADF

from pysock.dropin.typed import failed, is_tcp
from pysock.errors import Origin, error_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def bind_failure(
    sock: Any | None,
    address: Any,
    kind: type[OSError],
    args: tuple[Any, ...],
) -> OSError:
    """Make the exception for a bind that the standard class let fail.

    `sock` is `None` where it is TCP for certain and closed again already.
    """
    if (
        (sock is not None and not is_tcp(sock))
        or not args
        or type(args[0]) is not int
    ):
        return failed(sock, "bind", args, kind)
    if args[0] == EBADF:
        return error_for("bind", EBADF, args=args)
    host, *rest = address
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "backslashreplace")
    address = (host, *rest)
    error = error_for(
        "bind", args[0], args=args, address=address, local_address=address
    )
    if error.origin is None:
        error.origin = Origin("caller")
    return error
