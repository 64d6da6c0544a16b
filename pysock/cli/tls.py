"""A TLS handshake on a connected socket, and what it agreed on."""

from __future__ import annotations

import contextlib
import ssl
import time

from pysock.explain.escape import printable
from pysock.integrations import noting
from pysock.integrations.install import install, uninstall
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from socket import socket
    from typing import Any

_PROTOCOLS = ["h2", "http/1.1"]
_DAY = 86400


class Agreement(Record):
    """What a handshake agreed on.

    Attributes:
        version: `"TLSv1.3"`.
        cipher: its name.
        alpn: the protocol that the server chose; `None` if it chose none.
        names: what the certificate is for: host names and addresses.
        issuer: who signed it.
        expires: when it ends, in seconds since 1970.
        elapsed: seconds that the handshake took.
    """

    version: str
    cipher: str
    alpn: str | None
    names: tuple[str, ...]
    issuer: str
    expires: float
    elapsed: float

    @property
    def days_left(self) -> int:
        """Whole days until the certificate ends; negative when it has."""
        return int((self.expires - time.time()) // _DAY)

    def fields(self) -> list[tuple[str, str]]:
        """Names and texts for a reader."""
        alpn = f"ALPN {self.alpn}" if self.alpn else "no ALPN"
        until = time.strftime("%Y-%m-%d", time.gmtime(self.expires))
        day = "day" if self.days_left == 1 else "days"
        return [
            (
                "TLS",
                f"{self.version}, {self.cipher}, {alpn}, after "
                f"{self.elapsed * 1000:.1f} ms",
            ),
            (
                "certificate",
                f"for {', '.join(self.names) or 'nobody'}; signed by "
                f"{self.issuer}; {self.days_left:,} {day} left (until "
                f"{until})",
            ),
        ]

    def as_dict(self) -> dict[str, Any]:
        """The attributes by name, ready for JSON."""
        return self._asdict() | {
            "names": list(self.names),
            "days_left": self.days_left,
        }


def shake_hands(sock: socket, host: str) -> Agreement:
    """Do a handshake as a careful client does; the socket is closed.

    Raises:
        OSError: it failed; `ssl.SSLError` where OpenSSL says so. Either
            way `pysock.why()` explains it.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(_PROTOCOLS)
    started = time.monotonic()
    with _noted(), context.wrap_socket(sock, server_hostname=host) as secure:
        elapsed = time.monotonic() - started
        certificate: dict[str, Any] = secure.getpeercert() or {}
        cipher = secure.cipher()
        return Agreement(
            secure.version() or "?",
            cipher[0] if cipher else "?",
            secure.selected_alpn_protocol(),
            tuple(
                printable(name)
                for _, name in certificate.get("subjectAltName", ())
            ),
            _issuer(certificate),
            float(ssl.cert_time_to_seconds(certificate["notAfter"])),
            elapsed,
        )


@contextlib.contextmanager
def _noted() -> Iterator[None]:
    """Have a failure of the session noted with what its connection knows."""
    if noting.active:
        yield
        return
    install(asyncio=False, trio=False)
    try:
        yield
    finally:
        uninstall()


def _issuer(certificate: dict[str, Any]) -> str:
    parts = {
        name: value
        for group in certificate.get("issuer", ())
        for name, value in group
    }
    name = parts.get("organizationName") or parts.get("commonName")
    return printable(name or "nobody")
