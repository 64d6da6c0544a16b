"""How long the C library waits for a name server, from its configuration."""

from __future__ import annotations

import os

from pysock.errors.handlers import by_handler

# RES_TIMEOUT and RES_MAXRETRANS of <resolv.h>, in seconds.
_USUAL, _MOST = 5, 30


def patience() -> int:
    """Seconds that one name server is given for one answer; 5 by default.

    A resolver that gave up sooner has not waited for anybody: a server said
    that it failed, or nobody serves names there. Of this mount namespace,
    and now; the environment (`RES_OPTIONS`) has the last word.

    Never raises.
    """
    options: list[str] = []
    try:
        with open("/etc/resolv.conf", "rb") as file:  # noqa: PTH123
            for line in file.read(65536).decode("latin-1").splitlines():
                word, *rest = line.split() or [""]
                if word == "options":
                    options += rest
    except OSError as exc:
        if by_handler(exc):
            raise
        pass
    options += os.environ.get("RES_OPTIONS", "").split()
    seconds = _USUAL
    for option in options:
        name, _, value = option.partition(":")
        if name == "timeout" and value.isascii() and value.isdigit():
            # As many digits as anybody could mean.
            seconds = min(int(value[:9]), _MOST)
    # 0 means 1: glibc sets no timer shorter than that.
    return max(seconds, 1)
