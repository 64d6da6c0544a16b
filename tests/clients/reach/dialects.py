"""What a server of each protocol says until a client is content.

Scripts for `pysock.testing.script`: no server of these projects is needed,
and what fails fails at one byte.
"""

import struct
from typing import NamedTuple

from pysock.testing.scripted import ANSWER


class Dialect(NamedTuple):
    """One protocol.

    Attributes:
        login: steps from the connection to the first request.
        answer: what a request is answered.
        before_tls: steps from the connection to the ClientHello.
        afterwards: steps that read what a client says when it is answered.
    """

    login: tuple
    answer: bytes
    before_tls: tuple = ()
    afterwards: tuple = ()


def _mysql_packet(number, body):
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def _mysql_greeting(capabilities):
    """Protocol 10, a version, a salt, a native password."""
    return _mysql_packet(
        0,
        b"\x0a8.0.0\0" + struct.pack("<I", 1) + b"saltsalt\0"
        + struct.pack("<HBHHB", capabilities, 33, 2, 0x8008, 21) + bytes(10)
        + b"saltsaltsalt\0mysql_native_password\0",
    )  # fmt: skip


_MYSQL_SSL = 0x0800
_MYSQL_OK = b"\0\0\0\2\0\0\0"
# SELECT 42, in one column and one row.
_MYSQL_ANSWER = (
    _mysql_packet(1, b"\1")
    + _mysql_packet(
        2,
        b"\3def\0\0\0\x0242\0\x0c" + struct.pack("<HIBHBxx", 63, 2, 8, 129, 0),
    )
    + _mysql_packet(3, b"\xfe\0\0\2\0")
    + _mysql_packet(4, b"\x0242")
    + _mysql_packet(5, b"\xfe\0\0\2\0")
)


def _postgres(kind, body=b""):
    return kind + struct.pack(">I", len(body) + 4) + body


_POSTGRES_WELCOME = b"".join(
    (
        _postgres(b"R", struct.pack(">I", 0)),
        _postgres(b"S", b"server_version\x0015.4\0"),
        _postgres(b"S", b"client_encoding\0UTF8\0"),
        _postgres(b"S", b"standard_conforming_strings\0on\0"),
        _postgres(b"S", b"TimeZone\0UTC\0"),
        _postgres(b"K", struct.pack(">II", 1, 1)),
        _postgres(b"Z", b"I"),
    )
)
_POSTGRES_ANSWER = b"".join(
    (
        _postgres(
            b"T",
            struct.pack(">H", 1) + b"?column?\0"
            + struct.pack(">IHIhih", 0, 0, 23, 4, -1, 0),
        ),
        _postgres(b"D", struct.pack(">HI", 1, 2) + b"42"),
        _postgres(b"C", b"SELECT 1\0"),
        _postgres(b"Z", b"I"),
    )
)  # fmt: skip


def _h2(kind, flags, stream, body=b""):
    length = struct.pack(">I", len(body))[1:]
    return length + struct.pack(">BBI", kind, flags, stream) + body


_H2_DATA, _H2_HEADERS, _H2_SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4


def _h2_answer(stream):
    """A message of 0 bytes; HPACK without its table of what was said."""
    head = b"\x88\x0f\x10\x10application/grpc"
    tail = b"\0\x0bgrpc-status\x010"
    return (
        _h2(_H2_HEADERS, _END_HEADERS, stream, head)
        + _h2(_H2_DATA, 0, stream, bytes(5))
        + _h2(_H2_HEADERS, _END_HEADERS | _END_STREAM, stream, tail)
    )


DIALECTS = {
    "http": Dialect((), ANSWER),
    "redis": Dialect((), b"$1000\r\n" + b"x" * 1000 + b"\r\n"),
    "mysql": Dialect(
        (
            ("send", _mysql_greeting(0xFFFF & ~_MYSQL_SSL)), "request",
            ("send", _mysql_packet(2, _MYSQL_OK)), "request",
            ("send", _mysql_packet(1, _MYSQL_OK)),
        ),
        _MYSQL_ANSWER,
        (("send", _mysql_greeting(0xFFFF)), ("read", 36)),
    ),
    "postgres": Dialect(
        ("request", ("send", _POSTGRES_WELCOME)),
        _POSTGRES_ANSWER,
        (("read", 8), ("send", b"S")),
    ),
    "grpc": Dialect(
        # The preface; then what acknowledges these settings.
        ("request", ("send", _h2(_H2_SETTINGS, 0, 0)), ("read", 9)),
        _h2_answer(1),
        # A PING, of 17 bytes: it measures the round trip.
        afterwards=(("read", 17),),
    ),
}  # fmt: skip
