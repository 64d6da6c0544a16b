"""Rows 3 and 20 to 27: a failure between a client and a real server."""

from __future__ import annotations

from pysock.testing.link import Link
from pysock.testing.process import Process
from pysock.testing.scripted import RELAYING, Scripted, checked
from pysock.testing.sockets import LOOPBACK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Proxied(Scripted):
    """A context manager that gives a `Link`."""

    def __enter__(self) -> Link:
        address = super().__enter__()
        assert isinstance(address, Link)
        return address

    def address_of(self, process: Process) -> Link:
        """Make the address of the proxy that has started."""
        link = Link(*process.ready)
        link.scheme = self.scheme
        link.process = process
        return link


def proxy(
    address: tuple[str, int],
    failure: Scripted | None = None,
    *,
    host: str = LOOPBACK,
) -> Proxied:
    """Stand between a client and a real server.

    Args:
        address: of the server: an IP address and a port. It is connected to
            once for each client.
        failure: what a server of this module was made to do, such as
            ``resetting("body", 100)``: done with the real server's answers.
            A ``"request"`` there is the first thing that the client says;
            ``None``: everything is passed on.
        host: an IP address of this machine to listen on.

    The `Link` that it gives can be switched while clients use it.
    """
    settings: dict[str, Any] = {"steps": RELAYING, "scheme": "http"}
    if failure is not None:
        settings = {**failure.settings, "scheme": failure.scheme}
    settings |= {
        "afterwards": checked(RELAYING),
        "host": host,
        "upstream": tuple(address),
    }
    return Proxied(**settings)
