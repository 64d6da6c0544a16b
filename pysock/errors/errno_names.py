"""Errnos by the names that the kernel and its manual pages use."""

from __future__ import annotations

import errno
import socket

# Two names for one number on Linux, and Python keeps the other one.
_KERNELS = {errno.EOPNOTSUPP: "EOPNOTSUPP"}


def errno_name(number: int | None) -> str | None:
    """Name an errno or a number of the resolver, which are negative.

    `ECONNREFUSED`, `EAI_NONAME`; `None` for what is neither.
    """
    if number is None:
        return None
    if number < 0:
        return _resolvers().get(number)
    return _KERNELS.get(number) or errno.errorcode.get(number)


def _resolvers() -> dict[int, str]:
    """The EAI_ numbers; made when one is asked for."""
    return {
        number: name
        for name, number in vars(socket).items()
        if name.startswith("EAI_")
    }
