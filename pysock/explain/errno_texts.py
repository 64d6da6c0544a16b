"""What the C libraries call an errno: a line may come from another machine.

glibc's words and musl's (Alpine), where they differ; patterns, since some
stand in lines that tell of something else.
"""

from __future__ import annotations

import errno
import os
import re

_WORDS = {
    errno.EADDRINUSE: "address already in use|address in use",
    errno.EADDRNOTAVAIL: "cannot assign requested address|"
    "address not available",
    # Not what requests says of many failures: "('Connection aborted.', ...".
    errno.ECONNABORTED: "software caused connection abort|"
    r"connection aborted(?!\.)",
    errno.EHOSTUNREACH: "no route to host|host is unreachable",
    errno.EINPROGRESS: "operation now in progress|operation in progress",
    errno.EISCONN: "transport endpoint is already connected|"
    "socket is connected",
    errno.EMFILE: "too many open files|no file descriptors available",
    errno.ENETUNREACH: "network is unreachable|network unreachable",
    errno.ENOTCONN: "transport endpoint is not connected|socket not connected",
    errno.ENOTSOCK: "socket operation on non-socket|not a socket",
    # Not "Servname not supported", nor a protocol that is not.
    errno.EOPNOTSUPP: r"operation not supported|(?<!\w )not supported",
    # Not what ssl says: "The handshake operation timed out".
    errno.ETIMEDOUT: r"connection timed out|(?<!\w )operation timed out",
}


def says(line: str, number: int) -> bool:
    """Whether a line has the words for an errno.

    Args:
        line: of a log, or of an exception.
        number: the errno.
    """
    line, here = line.lower(), os.strerror(number).lower()
    words = _WORDS.get(number)
    if words is None:
        return here in line
    if re.search(words, line):
        return True
    # In the language of this process, where that is another one.
    return not re.search(words, here) and here in line
