"""Row 19: no descriptor left, for connect's socket as well."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator

from pysock.testing.address import Address
from pysock.testing.sockets import LOOPBACK, address_of, listening

_BACKLOG = 1024


@contextlib.contextmanager
def out_of_descriptors(*, host: str = LOOPBACK) -> Iterator[Address]:
    """Let this process have no new descriptor, by its RLIMIT_NOFILE.

    It holds for the whole process, for files and imports too, and a child
    process inherits it. Descriptors that are open stay open.

    Args:
        host: where a listener is that could be reached, were there a socket.

    Raises:
        OSError: the address is not this machine's (``EADDRNOTAVAIL``), or
            there is no descriptor left as it is (``EMFILE``).
    """
    with listening(host, _BACKLOG) as listener:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        # The kernel gives the lowest number that is free.
        lowest = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
        try:
            yield address_of(listener)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
