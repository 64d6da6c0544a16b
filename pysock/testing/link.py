"""The address of a proxy that can be switched."""

from __future__ import annotations

from pysock.testing.address import Address
from pysock.testing.process import Process


class Link(Address):
    """The address of a proxy, and the switch of what happens there."""

    process: Process

    def reset(self) -> None:
        """Break off every connection with a RST; new ones are served."""
        self.process.ask("reset")

    def close(self) -> None:
        """End every connection with a FIN; new ones are served.

        What lies unread in one turns that into a RST, as of any close.
        """
        self.process.ask("close")

    def stall(self) -> None:
        """Pass nothing on, either way, until `heal`.

        The kernel still takes connections and what its buffers hold.
        """
        self.process.ask("stall")

    def refuse(self) -> None:
        """Break off every connection and refuse new ones, until `heal`."""
        self.process.ask("refuse")

    def heal(self) -> None:
        """Serve again, and pass on what has waited."""
        self.process.ask("heal")
