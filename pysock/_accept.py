"""accept: one connection from the queue of a listener."""

from __future__ import annotations

import _socket
import os
import socket as standard
import time
from errno import EAGAIN, EINTR, ETIMEDOUT
from math import ceil

from pysock._transfer import TransferSocket, failed, is_tcp
from pysock.errors import deadline_error, error_for, would_block
from pysock.errors._choose import TIMED_OUT
from pysock.raw._calls import (
    lib,
    milliseconds_left,
    new_address,
    to_tuple,
)
from pysock.raw._evidence import local_address_of, tcp_info_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from pysock._socket import socket
    from pysock.raw._calls import CData

_fileno = _socket.socket.fileno
_gettimeout = _socket.socket.gettimeout
_family = _socket.socket.family.__get__

_accept = lib.pysock_accept
_IP = (_socket.AF_INET, _socket.AF_INET6)
_AGAIN = (EAGAIN, os.strerror(EAGAIN))


class AcceptSocket(TransferSocket):
    """The part of class socket that accepts."""

    __slots__ = ()

    def accept(self) -> tuple[socket, Any]:
        """Take one connection from the queue, as the timeout says.

        Returns:
            the connection, and the address of its peer.

        Raises:
            AcceptWouldBlockError: non-blocking, queue empty (`EAGAIN`).
            AcceptTimeoutError: the timeout ran out (`ETIMEDOUT`).
            DescriptorLimitError: `EMFILE`, `ENFILE`; the connection stays
                queued, so do not spin.
            ResourceLimitError: `ENOBUFS`, `ENOMEM`.
            AcceptAbortedError: `ECONNABORTED`, `EPROTO`; go on.
            AcceptError: any other errno (`EINVAL`: not listening).
            ClosedSocketError: the socket is closed (`EBADF`).

        Linux hands over a connection that was reset in the queue; its first
        read or write says so.
        """
        family = _family(self)
        if family not in _IP:
            return self._accept_standard()
        peer = new_address()
        timeout = _gettimeout(self)
        if timeout is None:
            accepted = _accept(_fileno(self), -1, peer)
        elif timeout == 0:
            accepted = _accept(_fileno(self), 0, peer)
        else:
            accepted = self._accept_waiting(timeout, peer)
        while accepted < 0:
            # Only a blocking accept is left to be repeated after a signal,
            # whose handler has run by now (PEP 475).
            if accepted != -EINTR:
                self._accept_failed(-accepted)
            accepted = _accept(_fileno(self), -1, peer)
        return self._accepted(accepted), to_tuple(peer)

    def _accepted(self, fd: int) -> socket:
        """Make the object for an accepted descriptor, or close it."""
        raise NotImplementedError

    def _accept_waiting(self, timeout: float, peer: CData) -> int:
        fd = _fileno(self)
        deadline = time.monotonic() + timeout
        left = min(ceil(timeout * 1000), 2**31 - 1)
        while True:
            accepted = _accept(fd, left, peer)
            if accepted not in (-EINTR, -EAGAIN):
                return accepted
            left = milliseconds_left(deadline)

    def _accept_failed(self, number: int) -> NoReturn:
        timeout = _gettimeout(self)
        fd = _fileno(self)
        if number == EAGAIN or (number == ETIMEDOUT and timeout == 0):
            raise would_block("accept", _AGAIN)
        if not is_tcp(self):
            said = (number, os.strerror(number))
            timed_out = number == ETIMEDOUT and timeout is not None
            raise failed(self, "accept", TIMED_OUT if timed_out else said)
        here = local_address_of(fd)
        if number == ETIMEDOUT and timeout is not None:
            raise deadline_error(
                "accept",
                elapsed=timeout,
                local_address=here,
                tcp_info=tcp_info_of(fd),
            )
        raise error_for(
            "accept", number, local_address=here, tcp_info=tcp_info_of(fd)
        )

    def _accept_standard(self) -> tuple[socket, Any]:
        try:
            fd, address = self._accept()
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = exc.args
        else:
            return self._accepted_standard(fd), address
        raise failed(self, "accept", failure)

    def _accepted_standard(self, fd: int) -> socket:
        sock = self._accepted(fd)
        if standard.getdefaulttimeout() is None and self.gettimeout():
            sock.setblocking(True)
        return sock
