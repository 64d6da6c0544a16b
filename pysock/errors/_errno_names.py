"""Errnos by the names that the kernel and its manual pages use."""

from __future__ import annotations

import errno

# Two names for one number on Linux, and Python keeps the other one.
_KERNELS = {errno.EOPNOTSUPP: "EOPNOTSUPP"}


def errno_name(number: int | None) -> str | None:
    """Name an errno, `ECONNREFUSED`; `None` for what is none."""
    if number is None:
        return None
    return _KERNELS.get(number) or errno.errorcode.get(number)
