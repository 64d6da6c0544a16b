"""The compiled module, and the small change between C and Python values.

The only file that imports `pysock._ffi`.
"""

from __future__ import annotations

import time

from pysock._ffi import ffi as ffi
from pysock._ffi import lib as lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock._ffi import CData as CData

READABLE = lib.PYSOCK_READABLE
WRITABLE = lib.PYSOCK_WRITABLE
ERROR = lib.PYSOCK_ERROR
HANGUP = lib.PYSOCK_HANGUP

_ADDRESS = ffi.typeof("struct pysock_address *")
_parse = lib.pysock_address_parse
_ICMP = ffi.typeof("struct pysock_icmp *")
_READING = ffi.typeof("uint8_t[512]")
# For what C fills in any case.
_allocate = ffi.new_allocator(should_clear_after_alloc=False)

AF_INET, AF_INET6 = 2, 10

# poll's timeout is an int of milliseconds; a longer wait goes round again.
LONGEST_POLL_MS = 2**31 - 1
# As many nanoseconds as 63 bits hold, in seconds.
_LONGEST_TIMEOUT_S = 9_223_372_036


def new_address() -> CData:
    """Make an empty `struct pysock_address *`."""
    return ffi.new(_ADDRESS)


def to_tuple(address: CData) -> tuple[Any, ...] | None:
    """Give an address as the standard module writes it; `None` if not IP."""
    family = address.family
    if family == AF_INET:
        return (ffi.string(address.host).decode(), address.port)
    if family == AF_INET6:
        return (
            ffi.string(address.host).decode(),
            address.port,
            address.flowinfo,
            address.scope_id,
        )
    return None


def parse_address(family: int, address: Any) -> CData | None:
    """Turn `(host, port[, flowinfo, scope_id])` into C's form.

    Returns:
        the address, or `None` when the host is not numeric or anything else
        is not as it should be: the standard module then has the word.
    """
    if type(address) is not tuple or len(address) < 2:
        return None
    host, port = address[0], address[1]
    if type(host) is not str or type(port) is not int:
        return None
    if not 0 <= port <= 0xFFFF or not host.isascii() or "\0" in host:
        return None
    parsed = ffi.new(_ADDRESS)
    if not _parse(family, host.encode(), port, parsed):
        return None
    if len(address) == 2:
        return parsed
    return _with_scope(parsed, address)


def _with_scope(parsed: CData, address: tuple[Any, ...]) -> CData | None:
    """Add what an IPv6 address has behind the port."""
    if parsed.family != AF_INET6 or len(address) > 4:
        return None
    scope_id = address[3] if len(address) == 4 else 0
    for value, limit in ((address[2], 0xFFFFF), (scope_id, 0xFFFFFFFF)):
        if type(value) is not int or not 0 <= value <= limit:
            return None
    parsed.flowinfo, parsed.scope_id = address[2], scope_id
    return parsed


def read_tcp_info(fd: int) -> bytes | int:
    """Read TCP_INFO: its bytes, or a negative errno."""
    reading = _allocate(_READING)
    length = lib.pysock_tcp_info(fd, reading, 512)
    if length < 0:
        return length
    return bytes(ffi.buffer(reading, length))


def read_icmp(fd: int) -> CData | None:
    """Take one message from the error queue; `None` when there is none."""
    message = _allocate(_ICMP)
    return message if lib.pysock_error_queue(fd, message) == 1 else None


def read_address(read: Any, fd: int) -> tuple[Any, ...] | None:
    """Ask for an address by one of the C functions; `None` if it fails."""
    address = ffi.new(_ADDRESS)
    return to_tuple(address) if read(fd, address) == 0 else None


def check_timeout(timeout: float | None, what: str = "timeout") -> None:
    """Refuse what is no time to wait.

    Raises:
        ValueError: it is negative, no number, or longer than the 292 years
            that `settimeout` takes too.
    """
    if timeout is not None and not 0 <= timeout <= _LONGEST_TIMEOUT_S:
        raise ValueError(
            f"a {what} is not negative, and not longer than "
            f"{_LONGEST_TIMEOUT_S} s: {timeout!r}"
        )


def milliseconds_left(deadline: float | None) -> int:
    """Time until a deadline of `time.monotonic()`, rounded up, for poll."""
    if deadline is None:
        return LONGEST_POLL_MS
    left = int(-(-(deadline - time.monotonic()) * 1000 // 1))
    return min(max(left, 0), LONGEST_POLL_MS)
