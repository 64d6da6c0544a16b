"""The ICMP message with which a router answers a packet."""

from __future__ import annotations

import socket
import struct

_ETHERNET = 14
_ICMP, _ICMP6 = 1, 58
_TCP = 6
# RFC 1812 and RFC 4443: how much of the packet is quoted.
_QUOTE = {4: 548, 6: 1232}
_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def is_tcp(frame: bytes) -> bool:
    """Whether an Ethernet frame has a TCP segment in it."""
    packet = frame[_ETHERNET:]
    if packet[0] >> 4 == 4:
        return packet[9] == _TCP
    return packet[0] >> 4 == 6 and packet[6] == _TCP


def icmp_answer(
    frame: bytes, routers: dict[int, str], kind: int, code: int
) -> bytes:
    """Make the frame that goes back.

    Args:
        frame: an Ethernet frame with an IPv4 or IPv6 packet in it.
        routers: the router's address, by version.
        kind: the type of the message.
        code: its code.
    """
    packet = frame[_ETHERNET:]
    version = packet[0] >> 4
    router = socket.inet_pton(_FAMILY[version], routers[version])
    body = struct.pack("!BBHI", kind, code, 0, 0) + packet[: _QUOTE[version]]
    if version == 4:
        client = packet[12:16]
        body = body[:2] + _checksum(body) + body[4:]
        header = struct.pack(
            "!BBHHHBBH4s4s",
            0x45, 0, 20 + len(body), 0, 0, 64, _ICMP, 0, router, client,
        )  # fmt: skip
        header = header[:10] + _checksum(header) + header[12:]
    else:
        client = packet[8:24]
        pseudo = router + client + struct.pack("!II", len(body), _ICMP6)
        body = body[:2] + _checksum(pseudo + body) + body[4:]
        header = struct.pack(
            "!IHBB16s16s", 6 << 28, len(body), _ICMP6, 64, router, client
        )
    return frame[6:12] + frame[:6] + frame[12:14] + header + body


def _checksum(data: bytes) -> bytes:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
