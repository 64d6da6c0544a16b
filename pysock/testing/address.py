"""The address that a manager of this wing gives."""

from __future__ import annotations


class Address(tuple[str, int]):
    """Where the failure is to be met: a plain ``(host, port)``, and more.

    Attributes:
        scheme: ``"https"`` where TLS is spoken, or expected; else ``"http"``.
        ca_file: the path of the certificate (PEM) that vouches for this
            server; ``None`` where it has none to show. Programs of the same
            user can read it, as long as the manager lasts.
    """

    scheme: str = "http"
    ca_file: str | None = None

    def __new__(cls, host: str, port: int) -> Address:
        """Make it of its two parts."""
        return super().__new__(cls, (host, port))

    def __reduce__(self) -> tuple[object, ...]:
        # What switches a failure stays in the process that began it.
        kept = {"scheme": self.scheme, "ca_file": self.ca_file}
        return Address, (self.host, self.port), kept

    @property
    def host(self) -> str:
        """The IP address, or the name."""
        return self[0]

    @property
    def port(self) -> int:
        """The number of the port."""
        return self[1]

    @property
    def url(self) -> str:
        """The address as a URL without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"
