"""What went over the loopback interface, from a packet socket."""

import contextlib
import ctypes
import select
import socket
import struct

from lab import packets
from support.requirements import skip_or_fail

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33


class Wire:
    """The segments to and from one port, in the order in which they went."""

    def __init__(self, tap):
        self._tap, self._port = tap, None
        self._seen = []

    def watch(self, port):
        """Begin with a port; what went before is not seen.

        The kernel leaves out what others say on this interface meanwhile:
        it may be more than there is time to read.
        """
        self._port = port
        code, lines = _to_or_from(port)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HP", lines, ctypes.addressof(buffer))
        self._tap.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        self._tap.bind(("lo", ETH_P_ALL))

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


def _to_or_from(port):
    """A program of classic BPF that keeps what a port says or is told."""
    lines = [
        (0x30, 0, 0, 0),  # load the first byte
        (0x74, 0, 0, 4),  # its upper half
        (0x15, 5, 0, 6),  # is 6: go on five lines below
        (0xB1, 0, 0, 0),  # the length of the IPv4 header
        (0x48, 0, 0, 0),  # load two bytes behind it: the source port
        (0x15, 7, 0, port),  # is it: keep
        (0x48, 0, 0, 2),  # the destination port
        (0x15, 5, 4, port),  # is it: keep; else drop
        (0x28, 0, 0, 40),  # the source port behind an IPv6 header
        (0x15, 3, 0, port),  # is it: keep
        (0x28, 0, 0, 42),  # the destination port
        (0x15, 1, 0, port),  # is it: keep
        (0x06, 0, 0, 0),  # drop
        (0x06, 0, 0, 0xFFFFFFFF),  # keep all of it
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines), len(lines)


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
        # Without a protocol it hears nothing until it is bound.
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    except PermissionError:
        tap = None
    if tap is None:
        yield Unseen()
        return
    with tap:
        # In a user namespace it is the machine's limit that holds.
        with contextlib.suppress(PermissionError):
            tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        yield Wire(tap)
