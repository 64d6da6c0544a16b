"""IPv4 and IPv6 packets, taken apart and put together: pure functions."""

import struct
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

TCP, ICMP, ICMP6 = 6, 1, 58
_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_IPV6 = struct.Struct("!IHBB16s16s")
_TCP = struct.Struct("!HHIIBBHHH")

# RFC 1812 and RFC 4443: how much of a packet an ICMP message quotes.
_QUOTE = {4: 548, 6: 1232}


class Segment(NamedTuple):
    """A TCP segment and the addresses of its packet."""

    version: int
    source: bytes
    destination: bytes
    source_port: int
    port: int
    seq: int
    ack: int
    flags: int
    window: int
    payload: bytes
    ttl: int
    packet: bytes

    @property
    def end(self):
        """The sequence number after this segment."""
        length = len(self.payload)
        length += bool(self.flags & SYN) + bool(self.flags & FIN)
        return (self.seq + length) % 2**32


def parse(packet):
    """Take a packet apart; None for what is not TCP over IP."""
    version = packet[0] >> 4
    if version == 4:
        first, _, length, _, _, ttl, protocol, _, source, to = (
            _IPV4.unpack_from(packet)
        )
        at = (first & 15) * 4
    elif version == 6:
        _, length, protocol, ttl, source, to = _IPV6.unpack_from(packet)
        at = _IPV6.size
        length += at
    else:
        return None
    if protocol != TCP:
        return None
    source_port, port, seq, ack, offset, flags, window, _, _ = (
        _TCP.unpack_from(packet, at)
    )
    payload = packet[at + (offset >> 4) * 4 : length]
    return Segment(
        version, source, to, source_port, port,
        seq, ack, flags, window, payload, ttl, packet,
    )  # fmt: skip


def tcp(to, flags, seq, ack, window=65535, payload=b""):
    """Make the packet that answers the segment `to`."""
    header = _TCP.pack(
        to.port, to.source_port, seq % 2**32, ack % 2**32,
        5 << 4, flags, window, 0, 0,
    )  # fmt: skip
    body = header + payload
    source, destination = to.destination, to.source
    body = _with_checksum(body, 16, source, destination, TCP)
    return ip(source, destination, TCP, body)


def syn(source, source_port, destination, port):
    """Make a SYN that nobody asked for."""
    header = _TCP.pack(source_port, port, 1, 0, 5 << 4, SYN, 65535, 0, 0)
    body = _with_checksum(header, 16, source, destination, TCP)
    return ip(source, destination, TCP, body)


def icmp(router, to, kind, code, rest=0):
    """Make the ICMP packet with which a router answers the segment `to`.

    `rest` is the third word of the message: an MTU, a pointer, a gateway.
    """
    quoted = to.packet[: _QUOTE[to.version]]
    body = struct.pack("!BBHI", kind, code, 0, rest) + quoted
    if to.version == 4:
        body = body[:2] + _checksum(body) + body[4:]
        return ip(router, to.source, ICMP, body)
    body = _with_checksum(body, 2, router, to.source, ICMP6)
    return ip(router, to.source, ICMP6, body)


def ip(source, destination, protocol, body):
    """Put an IPv4 or IPv6 header before a body."""
    if len(source) == 16:
        return (
            _IPV6.pack(6 << 28, len(body), protocol, 64, source, destination)
            + body
        )
    header = _IPV4.pack(
        0x45, 0, _IPV4.size + len(body), 0, 0, 64, protocol, 0,
        source, destination,
    )  # fmt: skip
    return header[:10] + _checksum(header) + header[12:] + body


def _with_checksum(body, at, source, destination, protocol):
    pseudo = source + destination + struct.pack("!II", len(body), protocol)
    return body[:at] + _checksum(pseudo + body) + body[at + 2 :]


def _checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
