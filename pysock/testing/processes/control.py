"""Descriptor 0: questions of the process that started this one."""

from __future__ import annotations

import marshal
import os
import select
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LENGTH_BYTES = 4


class Control:
    """What our parent wants, and whether it is still there.

    Attributes:
        descriptors: readable when there is something to be read by
            `question`, the parent's end included.
    """

    def __init__(self) -> None:
        # Ctrl-C goes to every process of a terminal; ours ends with its
        # parent's wish, and without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.socket = socket.socket(fileno=0)
        # A copy of the control socket may live on in a child of our parent:
        # its end alone does not tell that the parent is gone.
        parent = int(sys.argv[-1])
        self._parent = os.pidfd_open(parent)
        if os.getppid() != parent:
            sys.exit()
        self.descriptors: tuple[int, int] = (
            self.socket.fileno(),
            self._parent,
        )

    def question(self) -> Any:
        """Wait for the next question.

        Raises:
            SystemExit: there will be none: the parent has closed, or is gone.
        """
        poll = select.poll()
        for fd in self.descriptors:
            poll.register(fd, select.POLLIN)
        if any(fd == self._parent for fd, _ in poll.poll()):
            sys.exit()
        length = int.from_bytes(self._read(LENGTH_BYTES), "big")
        return marshal.loads(self._read(length))

    def answer(self, value: Any) -> None:
        """Answer the last question."""
        self._send((None, value))

    def refuse(self, error: OSError) -> None:
        """Say that it cannot be done."""
        self._send(((error.errno, error.strerror or str(error)), None))

    def _send(self, message: Any) -> None:
        body = marshal.dumps(message)
        self.socket.sendall(len(body).to_bytes(LENGTH_BYTES, "big") + body)

    def _read(self, length: int) -> bytes:
        data = self.socket.recv(length, socket.MSG_WAITALL)
        if len(data) < length:
            sys.exit()
        return data
