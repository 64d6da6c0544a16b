"""A TLS handshake on a connected socket, and what it agreed on."""

from __future__ import annotations

import ssl
import time
from collections import namedtuple

from pysock.explain.escape import printable
from pysock.explain.explanation import Explanation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket
    from typing import Any

_PROTOCOLS = ["h2", "http/1.1"]
_DAY = 86400

# OpenSSL's reasons that say that no TLS is spoken there.
_PLAIN_TEXT = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "UNKNOWN_PROTOCOL",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
    }
)


class Agreement(
    namedtuple("Agreement", "version cipher alpn names issuer expires elapsed")
):
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

    __slots__ = ()

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
        OSError: it failed; `ssl.SSLError` where OpenSSL says so.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(_PROTOCOLS)
    started = time.monotonic()
    with context.wrap_socket(sock, server_hostname=host) as secure:
        elapsed = time.monotonic() - started
        certificate: dict[str, Any] = secure.getpeercert() or {}
        cipher = secure.cipher()
        return Agreement(
            secure.version() or "?",
            cipher[0] if cipher else "?",
            secure.selected_alpn_protocol(),
            tuple(name for _, name in certificate.get("subjectAltName", ())),
            _issuer(certificate),
            float(ssl.cert_time_to_seconds(certificate["notAfter"])),
            elapsed,
        )


def explain(error: OSError) -> Explanation:
    """Explain a handshake that failed."""
    why, code = _what_happened(error)
    return Explanation(why, (), None, code)


def _what_happened(error: OSError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            "the server's certificate is not accepted: "
            f"{printable(error.verify_message).rstrip('.')}",
            "tls-certificate",
        )
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    if isinstance(error, ssl.SSLError) and error.reason and not ended:
        return _of_openssl(error.reason)
    if isinstance(error, TimeoutError):
        return (
            "the TCP connection stands, and nothing answered the first TLS "
            "message in time: the program there is slow, or waits for "
            "another protocol",
            "tls-timeout",
        )
    reset = isinstance(error, ConnectionResetError)
    how = "reset" if reset else "closed"
    return (
        f"the peer {how} the connection during the handshake: it does not "
        "speak TLS on this port, or refuses this client without a word",
        f"tls-{how}",
    )


def _of_openssl(reason: str) -> tuple[str, str]:
    words = reason.replace("_", " ").lower()
    if reason in _PLAIN_TEXT:
        return (
            "what answered is no TLS: the server speaks plain text on this "
            f"port ({words})",
            "tls-plain-text",
        )
    if reason == "UNSUPPORTED_PROTOCOL":
        return (
            "the server offers only versions of TLS that are older than "
            f"this machine accepts ({words})",
            "tls-version",
        )
    if "PROTOCOL_VERSION" in reason:
        return (
            "the server accepts none of the versions of TLS that this "
            f"machine offers ({words})",
            "tls-version",
        )
    if "ALERT" in reason:
        return (
            f"the server refused the handshake with an alert: {words}",
            "tls",
        )
    return f"the handshake failed: {words}", "tls"


def _issuer(certificate: dict[str, Any]) -> str:
    parts = {
        name: value
        for group in certificate.get("issuer", ())
        for name, value in group
    }
    name = parts.get("organizationName") or parts.get("commonName")
    return str(name or "nobody")
