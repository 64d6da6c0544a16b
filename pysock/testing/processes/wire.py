"""A network between two namespaces, which fails as it is told."""

from __future__ import annotations

import contextlib
import heapq
import os
import random
import select
import socket
import time

from pysock.testing.processes.control import Control
from pysock.testing.processes.faults import HEALTHY
from pysock.testing.processes.icmp_answer import icmp_answer, is_tcp
from pysock.testing.processes.namespaces import ROUTER, Namespaces
from pysock.testing.processes.ports import Ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ETH_P_ALL = 3
_PACKET_OUTGOING = 4
# Frames come and go with a header that says what the checksum is still to be
# made of: between two veth pairs nobody makes one.
_SOL_PACKET, _PACKET_VNET_HDR, _VNET_HEADER = 263, 15, 10
_BUFFER = 1 << 24
# connect(2) takes an ICMP message at once only when it waits already.
_ICMP_AFTER_S = 0.01


class Wire:
    """What happens to a frame on its way.

    Attributes:
        faults: as `faults` has them.
    """

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.across = {near: far, far: near}
        self.near = near
        self.faults: dict[str, Any] = dict(HEALTHY)
        self._ports = Ports()
        self._due: list[tuple[float, int, socket.socket, bytes]] = []
        self._count = 0
        # The same pattern in every run, as far as the kernels send the same.
        self._chance = random.Random(0)

    def order(self, faults: dict[str, Any]) -> None:
        """Change what happens from now on."""
        self.faults |= faults
        if "full" in faults:
            self._ports.give_back()
            if faults["full"]:
                self._ports.use_up(*faults["full"])

    def carry(self, others: tuple[int, ...]) -> bool:
        """Wait and pass frames on; say whether one of `others` is ready."""
        wait = None
        if self._due:
            wait = max(0.0, self._due[0][0] - time.monotonic())
        waiting: list[Any] = [*self.across, *others]
        ready = select.select(waiting, [], [], wait)[0]
        for sock in self.across:
            if sock in ready:
                self._take(sock)
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(self._due)
            with contextlib.suppress(OSError):  # its queue is full: lost
                out.send(frame)
        return any(fd in ready for fd in others)

    def _take(self, sock: socket.socket) -> None:
        frame, (_, _, kind, *_) = sock.recvfrom(1 << 17)
        faults = self.faults
        inner = frame[_VNET_HEADER:]
        if kind == _PACKET_OUTGOING or faults["cut"]:
            return
        if faults["icmp"] and sock is self.near and is_tcp(inner):
            answer = icmp_answer(inner, ROUTER, *faults["icmp"])
            self._send(sock, bytes(_VNET_HEADER) + answer, _ICMP_AFTER_S)
            return
        if faults["hole"] and len(inner) - 14 > faults["hole"]:
            return
        if self._chance.uniform(0, 100) < faults["lost"]:
            return
        self._send(self.across[sock], frame, faults["delay"])

    def _send(self, out: socket.socket, frame: bytes, after_s: float) -> None:
        self._count += 1
        due = (time.monotonic() + after_s, self._count, out, frame)
        heapq.heappush(self._due, due)


def _tap(name: str) -> socket.socket:
    # No protocol before it is bound: to change it, the kernel waits 10 ms.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.bind((name, _ETH_P_ALL))
    return sock


def main() -> None:
    """Be the network until the parent is gone.

    This process says where it is by being there: first in the far namespace,
    for the server to be started in, then in the near one.
    """
    control = Control()
    version, faults = control.question()
    try:
        namespaces = Namespaces(version)
        wire = Wire(_tap("a0"), _tap("b0"))
        wire.faults |= faults
        namespaces.go(namespaces.far)
    except OSError as error:
        control.refuse(error)
        os._exit(1)
    control.answer(None)
    while True:
        if wire.carry(control.descriptors):
            faults = control.question()
            if faults is None:
                namespaces.go(namespaces.near)
            else:
                wire.order(faults)
            control.answer(None)
