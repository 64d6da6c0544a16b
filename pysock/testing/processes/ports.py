"""The ephemeral ports of the network namespace that this process is in."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
# As short as the kernel takes it: one even port and one odd.
_SHORTEST = "40000 40001"
_MOST = 2


class Ports:
    """Connections from every port, as long as they are wanted."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        self._before = ""

    def use_up(self, host: str, port: int) -> None:
        """Shorten the range, and connect from each port that is left.

        Raises:
            OSError: the range cannot be set.
        """
        self._before = _RANGE.read_text()
        _RANGE.write_text(_SHORTEST)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        for _ in range(_MOST):
            sock = socket.socket(family)
            self._held.append(sock)
            sock.setblocking(False)
            # The port is taken by the call, whenever the peer answers.
            number = sock.connect_ex((host, port))
            if number != errno.EINPROGRESS:
                raise OSError(number, os.strerror(number))

    def give_back(self) -> None:
        """Close them, and set the range to what it was."""
        for sock in self._held:
            sock.close()
        self._held.clear()
        if self._before:
            _RANGE.write_text(self._before)
            self._before = ""
