"""Reads and writes: the interpreter's own C, its failures typed.

A successful call pays for one Python frame and a `try`: no clock is read and
no system call added. What a failure means is found out after it happened.
"""

from __future__ import annotations

import _socket
import time
from operator import index

from pysock.dropin.in_use import with_number
from pysock.dropin.standard import standard_class
from pysock.dropin.typed import typed
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Only the type checker looks: collections.abc has it from 3.12 on.
    from typing_extensions import Buffer

    from pysock.dropin.end_of_stream import has_room, met_end
    from pysock.dropin.ended_early import ended_early
    from pysock.dropin.funnel import failure_of
    from pysock.dropin.on_failure import report
    from pysock.dropin.without_snapshot import would_block
else:
    late(
        globals(),
        "dropin.end_of_stream.has_room",
        "dropin.end_of_stream.met_end",
        "dropin.ended_early.ended_early",
        "dropin.funnel.failure_of",
        "dropin.on_failure.report",
        "dropin.without_snapshot.would_block",
    )

_recv = _socket.socket.recv
_recv_into = _socket.socket.recv_into
_send = _socket.socket.send
_sendall = _socket.socket.sendall
_sendto = _socket.socket.sendto
_sendmsg = _socket.socket.sendmsg

# Every write asks for it: a program may have put SIGPIPE back to its default
# action, and a library has no business killing it.
_NOSIGNAL = _socket.MSG_NOSIGNAL
# The default of `flags`. Comparing costs less than making the sum, an int too
# big for the interpreter to have at hand: 1 % of a send + recv.
_NO_FLAGS = 0


class TransferSocket(standard_class):
    """The standard class with every call but connect and accept typed.

    The typed exception is raised outside the handler, so that it has no
    context, and its name is deleted: its traceback has the frame, which would
    hold it in turn. An exception with a deeper traceback is not the call's
    own: a signal handler raised it, and it goes on as it is.
    """

    __slots__ = ()

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive up to bufsize bytes; b'' when the peer has closed (FIN).

        Blocks as the socket's timeout says.

        Raises:
            TransferWouldBlockError: non-blocking, nothing there (`EAGAIN`).
            TransferTimeoutError: the timeout ran out (`ETIMEDOUT`).
            PeerResetError: a RST came (`ECONNRESET`).
            PeerSilentError: the kernel gave up (`ETIMEDOUT`).
            PeerUnreachableError: likewise, after ICMP errors.
            NotConnectedError: not connected (`ENOTCONN`).
            ClosedSocketError: the socket is closed (`EBADF`).
        """
        failure = None
        try:
            data = _recv(self, bufsize, flags)
        except BlockingIOError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = failure_of(self, "recv", exc)
            if failure is None:
                raise
        else:
            if not data and bufsize and not flags:
                met_end(self, "recv")
            return data
        if failure is None:
            raise would_block(self, "recv", flags)
        try:
            raise failure
        finally:
            del failure

    def recv_into(
        self, buffer: Buffer, nbytes: int = 0, flags: int = 0
    ) -> int:
        """Receive into a buffer; returns how many bytes, 0 after a FIN.

        Raises as `recv`.
        """
        try:
            count = _recv_into(self, buffer, nbytes, flags)
            if not count and not flags and has_room(buffer):
                met_end(self, "recv_into")
            return count
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = None
            if type(exc) is not BlockingIOError:
                failure = failure_of(self, "recv_into", exc)
                if failure is None:
                    raise
        if failure is None:
            raise would_block(self, "recv_into", flags)
        try:
            raise failure
        finally:
            del failure

    def send(self, data: Buffer, flags: int = 0, /) -> int:
        """Send what fits; returns how many bytes were taken.

        Never a SIGPIPE, whatever the program does with that signal.

        Raises:
            TransferWouldBlockError: non-blocking, no room (`EAGAIN`).
            TransferTimeoutError: the timeout ran out (`ETIMEDOUT`).
            BrokenConnectionError: the peer is gone (`EPIPE`).
            WriteAfterShutdownError: after our own SHUT_WR (`EPIPE`).
            PeerResetError: a RST came (`ECONNRESET`).
            PeerSilentError: the kernel gave up (`ETIMEDOUT`).
            PeerUnreachableError: likewise, after ICMP errors.
            NotConnectedError: not connected (`EPIPE`, `ENOTCONN`).
            ClosedSocketError: the socket is closed (`EBADF`).
        """
        try:
            return _send(
                self,
                data,
                _NOSIGNAL if flags is _NO_FLAGS else index(flags) | _NOSIGNAL,
            )
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = None
            if type(exc) is not BlockingIOError:
                failure = failure_of(self, "send", exc)
                if failure is None:
                    raise
        if failure is None:
            raise would_block(self, "send", flags)
        try:
            raise failure
        finally:
            del failure

    def sendall(self, data: Buffer, flags: int = 0, /) -> None:
        """Send everything; raises as `send`.

        After a failure it is not known how much was sent.
        """
        try:
            return _sendall(
                self,
                data,
                _NOSIGNAL if flags is _NO_FLAGS else index(flags) | _NOSIGNAL,
            )
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = None
            if type(exc) is not BlockingIOError:
                failure = failure_of(self, "sendall", exc)
                if failure is None:
                    raise
        if failure is None:
            raise would_block(self, "sendall", flags)
        try:
            raise failure
        finally:
            del failure

    def sendto(self, data: Buffer, /, *args: Any) -> int:
        """Send to an address: `sendto(data, [flags,] address)`.

        Raises as `send`, and `ResolveError` for a name without an address.
        """
        if len(args) == 1:
            args = (_NOSIGNAL, *args)
        elif len(args) == 2:
            args = (index(args[0]) | _NOSIGNAL, args[1])
        try:
            return _sendto(self, data, *args)
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = failure_of(
                self,
                "sendto",
                exc,
                address=args[-1] if args else None,
                flags=args[0] if len(args) == 2 else 0,
            )
            if failure is None:
                raise
        try:
            raise failure
        finally:
            del failure

    def sendmsg(
        self,
        buffers: Any,
        ancdata: Any = (),
        flags: int = 0,
        address: Any = None,
        /,
    ) -> int:
        """Send from several buffers with ancillary data; raises as `send`."""
        try:
            flags = index(flags) | _NOSIGNAL
            return _sendmsg(self, buffers, ancdata, flags, address)
        except OSError as exc:
            if exc.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            failure = failure_of(
                self, "sendmsg", exc, address=address, flags=flags
            )
            if failure is None:
                raise
        try:
            raise failure
        finally:
            del failure

    def recv_exactly(self, n: int, /) -> bytes:
        """Receive exactly n bytes. Each wait is bounded by the timeout.

        Raises:
            PeerClosedError: the peer closed first (FIN; no errno).
            ReadAfterEndError: the stream had ended, and not by a FIN: this
                program shut it down, or an earlier call told how (no errno).
            OSError: as `recv`.
            ValueError: n is negative.

        Each `OSError` has in `.partial` what had come, so that nothing is
        lost.
        """
        if n < 0:
            raise ValueError("a number of bytes is not negative")
        started = time.monotonic()
        buffer = bytearray(n)
        view = memoryview(buffer)
        have = 0
        try:
            while have < n:
                count = self.recv_into(view[have:])
                # An empty datagram is no end of anything.
                if count == 0 and self.type != _socket.SOCK_DGRAM:
                    break
                have += count
        except OSError as error:
            from pysock.errors.base import SocketError

            if isinstance(error, SocketError):
                error.call = "recv_exactly"
                error.elapsed = time.monotonic() - started
            # Also on what is not ours (AF_UNIX, TLS): nothing is lost.
            error.partial = bytes(view[:have])  # type: ignore[attr-defined]
            raise
        if have == n:
            return bytes(buffer)
        elapsed = time.monotonic() - started
        partial = bytes(view[:have])
        raise report(with_number(self, ended_early, self, partial, n, elapsed))

    if not TYPE_CHECKING:  # to a checker they are the standard class's
        recvfrom = typed("recvfrom")
        recvfrom_into = typed("recvfrom_into")
        recvmsg = typed("recvmsg")
        recvmsg_into = typed("recvmsg_into")
        getpeername = typed("getpeername")
        getsockname = typed("getsockname")
        getsockopt = typed("getsockopt")
        setsockopt = typed("setsockopt")
        settimeout = typed("settimeout")
        setblocking = typed("setblocking")
        get_inheritable = typed("get_inheritable")
        set_inheritable = typed("set_inheritable")
        dup = typed("dup")
