"""The parser of the error queue, fed with what no kernel would send."""

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysock.raw.calls import ffi, lib, to_tuple

CMSG = "@Nii"  # cmsg_len, cmsg_level, cmsg_type
HEADER = struct.calcsize(CMSG)
IP, IPV6 = (0, 11), (41, 25)


def control(level, kind, data, length=None):
    """One control message, padded; its length may lie."""
    size = HEADER + len(data) if length is None else length
    message = struct.pack(CMSG, size, level, kind) + data
    return message + bytes(-len(message) % 8)


def extended(number, origin, kind, code):
    return struct.pack("=IBBBBII", number, origin, kind, code, 0, 0, 0)


OFFENDER4 = struct.pack("=H", socket.AF_INET) + struct.pack(
    "!H4s8x", 0, bytes([192, 0, 2, 254])
)
OFFENDER6 = struct.pack("=H", socket.AF_INET6) + struct.pack(
    "!HI16sI", 0, 0, socket.inet_pton(socket.AF_INET6, "2001:db8::fe"), 0
)
GOOD4 = control(*IP, extended(errno.EHOSTUNREACH, 2, 3, 1) + OFFENDER4)
GOOD6 = control(*IPV6, extended(errno.EACCES, 3, 1, 1) + OFFENDER6)


def parse(data):
    """Give the bytes a place of their exact size, for sanitizers to guard."""
    out = ffi.new("struct pysock_icmp *")
    place = ffi.new("uint8_t[]", list(data)) if data else ffi.NULL
    if not data:
        place = ffi.new("uint8_t[1]")
    return lib.pysock_error_queue_parse(place, len(data), out), out


@pytest.mark.parametrize(
    ("data", "number", "origin", "kind", "code", "host"),
    [
        (GOOD4, errno.EHOSTUNREACH, 2, 3, 1, "192.0.2.254"),
        (GOOD6, errno.EACCES, 3, 1, 1, "2001:db8::fe"),
    ],
)
def test_a_message_of_the_kernel(data, number, origin, kind, code, host):
    found, out = parse(data)
    assert found == 1
    assert (out.error, out.origin) == (number, origin)
    assert (out.type, out.code) == (kind, code)
    assert to_tuple(out.offender)[0] == host


def test_a_message_behind_others():
    other = control(1, 2, b"abcde")
    assert parse(other + other + GOOD4)[0] == 1
    assert parse(other * 5)[0] == 0


@pytest.mark.parametrize("data", [GOOD4, GOOD6], ids=["IPv4", "IPv6"])
def test_every_truncation(data):
    whole = HEADER + 16
    offender = OFFENDER4 if data is GOOD4 else OFFENDER6
    for length in range(whole + len(offender)):
        found, out = parse(data[:length])
        assert found == 0
        assert out.error == 0
        assert out.offender.family == 0
    # A kernel that says less of the offender.
    for size in range(16):
        short = data[HEADER:whole] + data[whole : whole + size]
        found, out = parse(control(*(IP if data is GOOD4 else IPV6), short))
        assert found == 1
        assert to_tuple(out.offender) is None


@pytest.mark.parametrize(
    "length", [0, 1, HEADER - 1, 2**31, 2**32, 2**63, 2**64 - 1, 2**64 - 8]
)
def test_a_length_that_lies(length):
    data = extended(1, 2, 3, 4) + OFFENDER4
    assert parse(control(*IP, data, length) + GOOD4)[0] == 0
    assert parse(control(1, 1, data, length) + GOOD4)[0] == 0


@given(st.binary(max_size=300))
def test_any_bytes(data):
    found, out = parse(data)
    assert found in (0, 1)
    to_tuple(out.offender)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([IP, IPV6, (1, 1)]),
            st.binary(max_size=60),
            st.one_of(st.none(), st.integers(0, 120)),
        ),
        max_size=4,
    ),
    st.integers(0, 300),
)
def test_any_messages_cut_anywhere(messages, cut):
    data = b"".join(control(*kind, d, n) for kind, d, n in messages)
    assert parse(data[:cut])[0] in (0, 1)


def test_descriptors_that_are_none(closed_fd, file_fd):
    out = ffi.new("struct pysock_icmp *")
    assert lib.pysock_error_queue(closed_fd, out) == -errno.EBADF
    assert lib.pysock_error_queue(file_fd, out) == -errno.ENOTSOCK


def test_empty_queue(pair, udp):
    out = ffi.new("struct pysock_icmp *")
    assert lib.pysock_error_queue(pair[0].fileno(), out) == 0
    assert lib.pysock_error_queue(udp.fileno(), out) == 0


def test_a_real_icmp_message(family):
    """UDP to a closed port: the one ICMP error that loopback makes."""
    level, option = IP if family.number == socket.AF_INET else IPV6
    with socket.socket(family.number, socket.SOCK_DGRAM) as bound:
        bound.bind((family.host, 0))
        address = bound.getsockname()
    with socket.socket(family.number, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(level, option, 1)
        sock.connect(address)
        sock.send(b"x")
        out = ffi.new("struct pysock_icmp *")
        assert lib.pysock_error_queue(sock.fileno(), out) == 1
        assert out.error == errno.ECONNREFUSED
        v4 = family.number == socket.AF_INET
        assert (out.origin, out.type, out.code) == (
            (2, 3, 3) if v4 else (3, 1, 4)
        )
        assert to_tuple(out.offender)[0] == family.host
        assert lib.pysock_error_queue(sock.fileno(), out) == 0
