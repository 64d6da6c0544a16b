"""The exception for an accept that failed."""

from __future__ import annotations

import _socket
import os
from errno import EAGAIN, ETIMEDOUT

from pysock.dropin.typed import failed, is_tcp
from pysock.errors import deadline_error, error_for
from pysock.errors.choose import TIMED_OUT
from pysock.raw.evidence import local_address_of, tcp_info_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_fileno = _socket.socket.fileno


def accept_failure(
    sock: Any, number: int, timeout: float | None, elapsed: float | None
) -> OSError:
    """Make the exception for an errno of accept; `ETIMEDOUT` for no time."""
    nothing_came = number in (EAGAIN, ETIMEDOUT)
    if nothing_came and not timeout:
        return error_for("accept", EAGAIN)
    if not is_tcp(sock):
        said = (number, os.strerror(number))
        return failed(sock, "accept", TIMED_OUT if nothing_came else said)
    fd = _fileno(sock)
    here, info = local_address_of(fd), tcp_info_of(fd)
    if nothing_came:
        return deadline_error(
            "accept", elapsed=elapsed, local_address=here, tcp_info=info
        )
    return error_for(
        "accept", number, elapsed=elapsed, local_address=here, tcp_info=info
    )
