"""One connect to one address: how long it took, what came of it."""

from __future__ import annotations

import contextlib
import time

import pysock
from pysock.errors import SocketError, show_address
from pysock.explain.words import many
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock import TcpInfo
    from pysock.cli.tls import Agreement


class Attempt:
    """What became of one address.

    Attributes:
        address: numeric, as `getaddrinfo` gave it; `None` if it gave none.
        elapsed: seconds that the connect took, or the resolver until it gave
            up.
        error: the failure; `None` when all went well.
        info: TCP_INFO right after the handshake, or of the failure.
        local_address: this end, when connected.
        tls: what TLS agreed on; `None` if it was not asked for, or failed.
        connected: whether TCP was.
        interrupted: whether Ctrl-C ended it; then there is no error.
    """

    def __init__(self, address: tuple[Any, ...] | None) -> None:
        self.address = address
        self.elapsed: float = 0.0
        self.error: OSError | None = None
        self.info: TcpInfo | None = None
        self.local_address: tuple[Any, ...] | None = None
        self.tls: Agreement | None = None
        self.connected: bool = False
        self.interrupted: bool = False

    def make(
        self,
        family: int,
        address: tuple[Any, ...],
        timeout: float,
        tls_host: str | None = None,
    ) -> None:
        """Connect, take a reading, shake hands if asked, and close again.

        Raises:
            KeyboardInterrupt: Ctrl-C; what was seen until then is kept.
        """
        started = time.monotonic()
        try:
            with pysock.socket(family, pysock.SOCK_STREAM) as sock:
                sock.settimeout(timeout)
                self._connect(sock, address)
                self.elapsed = time.monotonic() - started
                self.connected = True
                self.info = sock.tcp_info()
                self.local_address = sock.getsockname()
                if tls_host is not None:
                    from pysock.cli.tls import shake_hands

                    self.tls = shake_hands(sock, tls_host)
        except OSError as error:
            self.error = error
            if not self.connected:
                self.elapsed = time.monotonic() - started
                self.info = getattr(error, "tcp_info", None)
        except KeyboardInterrupt:
            self.interrupted = True
            if not self.connected:
                self.elapsed = time.monotonic() - started
            raise

    def _connect(self, sock: Any, address: tuple[Any, ...]) -> None:
        try:
            sock.connect(address)
        except KeyboardInterrupt:
            with contextlib.suppress(OSError):
                self.info = sock.tcp_info()
            raise

    @property
    def handshake_us(self) -> int | None:
        """The kernel's round-trip sample of the handshake."""
        return self.info.rtt_us if self.info and self.connected else None

    @property
    def syns_lost(self) -> int | None:
        """SYNs that had to be sent again; `None` if nobody counted."""
        if self.info is None:
            return None
        if self.connected:
            return self.info.total_retrans
        return self.info.retransmits

    @property
    def explanation(self) -> Any:
        """The failure in words; `None` if there is none, or no words."""
        return None if self.error is None else pysock.why(self.error)

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        rtt = self.handshake_us
        return (
            show_address(self.address) if self.address else "-",
            f"{self.elapsed * 1000:.1f} ms",
            f"{rtt / 1000:.3f} ms" if rtt else "-",
            self._result(),
        )

    def _result(self) -> str:
        failure = ""
        if self.error is not None:
            failure = f"{type(self.error).__name__}: {self.error}"
        lost = self.syns_lost
        if self.interrupted:
            failure = "interrupted"
            if self.info is not None and self.info.state is TcpState.SYN_SENT:
                failure += f": no answer to {many((lost or 0) + 1, 'SYN')}"
        if not self.connected:
            return failure
        syn = f", the SYN was sent {lost + 1} times" if lost else ""
        tls = f"; TLS: {failure}" if failure else ""
        return f"connected{syn}{tls}"

    def as_dict(self) -> dict[str, Any]:
        """The attempt, ready for JSON."""
        explained = self.explanation
        return {
            "address": list(self.address) if self.address else None,
            "local_address": self.local_address,
            "connected": self.connected,
            "interrupted": self.interrupted,
            "elapsed": self.elapsed,
            "handshake_rtt_us": self.handshake_us,
            "syns_lost": self.syns_lost,
            "tls": self.tls.as_dict() if self.tls else None,
            "tcp_info": self.info.as_dict() if self.info else None,
            "error": _error_as_dict(self.error),
            "explanation": explained.as_dict() if explained else None,
        }


def _error_as_dict(error: OSError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    if isinstance(error, SocketError):
        return error.to_dict()
    return {
        "error": type(error).__name__,
        "errno": error.errno,
        "message": str(error),
    }
