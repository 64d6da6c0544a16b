"""What went over the loopback interface, from a packet socket."""

import contextlib
import select
import socket

from lab import packets
from support.requirements import skip_or_fail

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SO_RCVBUFFORCE = 33


class Wire:
    """The segments to and from one port, in the order in which they went."""

    def __init__(self, tap):
        self._tap, self._port = tap, None
        self._seen = []

    def watch(self, port):
        """Begin with a port; what went before is forgotten."""
        self.segments()
        self._port = port

    def segments(self):
        """Every segment so far."""
        while select.select([self._tap], [], [], 0)[0]:
            packet, (_, _, kind, *_) = self._tap.recvfrom(1 << 17)
            # Loopback shows each packet twice, as it goes and as it comes.
            segment = (
                packets.parse(packet) if kind == PACKET_OUTGOING else None
            )
            if segment and self._port in (segment.port, segment.source_port):
                self._seen.append(segment)
        return list(self._seen)

    def of_server(self):
        return [s for s in self.segments() if s.source_port == self._port]

    def of_client(self):
        return [s for s in self.segments() if s.port == self._port]

    def server_flags(self, wanted):
        """Whether the server sent a segment with one of these flags."""
        return any(segment.flags & wanted for segment in self.of_server())

    def server_bytes(self):
        return b"".join(segment.payload for segment in self.of_server())

    def client_bytes(self):
        return b"".join(segment.payload for segment in self.of_client())


class Unseen:
    """In place of a `Wire` where nobody may look: the first look skips.

    What a test asserts before it, of what the client met, has held by then.
    """

    def watch(self, port):
        pass

    def __getattr__(self, name):
        skip_or_fail(
            "the client met what it should; seeing what was on the wire "
            "needs root (CAP_NET_RAW)"
        )


@contextlib.contextmanager
def tapped():
    """Give a `Wire`, or what stands in its place."""
    try:
        tap = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)
        )
    except PermissionError:
        tap = None
    if tap is None:
        yield Unseen()
        return
    with tap:
        # In a user namespace it is the machine's limit that holds.
        with contextlib.suppress(PermissionError):
            tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        tap.bind(("lo", ETH_P_ALL))
        yield Wire(tap)
