"""why(): the explanation of any exception, whoever made it."""

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
    ENETDOWN,
    ENETUNREACH,
    EPIPE,
)
from socket import gaierror

from pysock.errors import ResolveError, error_for
from pysock.explain.chain import chain, details
from pysock.explain.end_of_stream import behind
from pysock.explain.explanation import Explanation, explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import SocketError

# What asyncio writes: "[Errno 111] Connect call failed ('127.0.0.1', 9)".
_OF_ASYNCIO = re.compile(r"Connect call failed \('([^']*)', (\d+)")

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


def why(
    exception: BaseException | None = None, *, address: Any = None
) -> Explanation | None:
    """Explain any exception: what happened, what was seen, what to do.

    Args:
        exception: one of pysock's; one that the standard module raised while
            the noted face was installed; what a library made of either; or a
            plain `OSError`. `None` is the one that is being handled.
        address: what the failed call was about, `(host, port)`; for a plain
            `OSError`, which does not know.

    Returns:
        the explanation; `None` if there is no exception, or none of a socket
        that could be told from others.

    Looks at this machine for 50 ms of CPU at most. Raises nothing but what a
    signal's handler raises meanwhile.
    """
    if exception is None:
        exception = sys.exception()
        if exception is None:
            return None
    failure = details(exception) or behind(exception)
    if failure is None:
        failure = _of_a_plain_one(exception, address)
    return None if failure is None else explain(failure)


def _of_a_plain_one(
    exception: BaseException, address: Any
) -> SocketError | None:
    """The failure behind the nearest plain `OSError` that tells its errno."""
    for link in chain(exception):
        if not isinstance(link, OSError) or type(link.errno) is not int:
            continue
        where = address if isinstance(address, tuple) else None
        if isinstance(link, gaierror):
            return _unresolved(link, where)
        call = _CALLS.get(link.errno)
        said = _OF_ASYNCIO.search(str(link))
        if said is not None:
            call, where = "connect", (said[1], int(said[2]))
        if call is not None and where is not None:
            return error_for(call, link.errno, address=where)
    return None


def _unresolved(link: gaierror, where: Any) -> ResolveError:
    failure = ResolveError(*link.args)
    failure.call = "getaddrinfo"
    if where is not None:
        failure.address = (where[0], None)
    return failure
