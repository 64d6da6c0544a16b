"""Addresses: text, bytes, sockaddr, and back."""

import errno
import ipaddress
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysock.raw.calls import ffi, lib, new_address, parse_address, to_tuple

INET, INET6 = socket.AF_INET, socket.AF_INET6


def parse(family, host, port=0):
    out = new_address()
    found = lib.pysock_address_parse(family, host, port, out)
    return out if found else None


def from_sockaddr(sockaddr, length=None):
    out = new_address()
    lib.pysock_address_from_sockaddr(
        sockaddr, len(sockaddr) if length is None else length, out
    )
    return out


def sockaddr_in(ip, port):
    return struct.pack("=H", INET) + struct.pack("!H4s8x", port, ip)


def sockaddr_in6(ip, port, flowinfo=0, scope_id=0):
    return (
        struct.pack("=H", INET6)
        + struct.pack("!HI16s", port, flowinfo, ip)
        + struct.pack("=I", scope_id)
    )


@given(st.ip_addresses(), st.integers(0, 65535))
def test_text_and_sockaddr_agree(ip, port):
    family = INET if ip.version == 4 else INET6
    out = parse(family, str(ip).encode(), port)
    # inet_ntop, not ipaddress: it writes ::ffff:1.2.3.4 with dots.
    text = socket.inet_ntop(family, ip.packed)
    assert (out.family, out.port) == (family, port)
    assert ffi.string(out.host).decode() == text
    assert bytes(out.ip)[: len(ip.packed)] == ip.packed
    if ip.version == 4:
        back = from_sockaddr(sockaddr_in(ip.packed, port))
        assert to_tuple(back) == (text, port)
    else:
        back = from_sockaddr(sockaddr_in6(ip.packed, port, 5, 6))
        assert to_tuple(back) == (text, port, 5, 6)


def test_every_octet_is_written_as_inet_ntop_does():
    for octet in range(256):
        for ip in (bytes([octet] * 4), bytes([255, octet, 0, octet])):
            back = from_sockaddr(sockaddr_in(ip, 1))
            assert ffi.string(back.host).decode() == str(
                ipaddress.IPv4Address(ip)
            )


@pytest.mark.parametrize(
    "host",
    [
        b"", b"127.0.0.256", b"127.1", b"0x7f.0.0.1", b"localhost",
        b"127.0.0.1 ", b" 127.0.0.1", b"::1%lo", b"1::2::3", b"[::1]",
        b"9" * 500,
    ],
)  # fmt: skip
def test_what_is_not_a_numeric_host(host):
    assert parse(INET, host) is None
    assert parse(INET6, host) is None


@pytest.mark.parametrize("family", [0, -1, socket.AF_UNIX, 12345])
def test_family_that_is_not_ip(family):
    assert parse(family, b"127.0.0.1") is None


def test_hosts_of_the_other_family():
    assert parse(INET, b"::1") is None
    assert parse(INET6, b"127.0.0.1") is None


@pytest.mark.parametrize("family", [INET, INET6])
def test_short_sockaddr(family):
    whole = {
        INET: sockaddr_in(b"\x7f\0\0\1", 80),
        INET6: sockaddr_in6(bytes(15) + b"\1", 80),
    }[family]
    for length in range(len(whole)):
        out = from_sockaddr(whole, length)
        assert out.family == 0
        assert ffi.string(out.host) == b""
    assert from_sockaddr(whole + bytes(100)).family == family


@given(st.binary(max_size=140))
def test_any_sockaddr(sockaddr):
    out = from_sockaddr(sockaddr)
    assert len(ffi.string(out.host)) < 46
    assert 0 <= out.port <= 65535
    to_tuple(out)


def test_family_alone_of_another_family():
    out = from_sockaddr(struct.pack("=H", socket.AF_UNIX) + b"/run/x")
    assert out.family == socket.AF_UNIX
    assert to_tuple(out) is None


@given(st.text(max_size=50), st.integers())
def test_any_python_address(host, port):
    for family in (INET, INET6):
        found = parse_address(family, (host, port))
        assert found is None or to_tuple(found)[1] == port


READERS = [lib.pysock_local_address, lib.pysock_peer_address]


@pytest.mark.parametrize("read", READERS, ids=["local", "peer"])
def test_descriptors_that_are_none(read, closed_fd, file_fd):
    out = new_address()
    assert read(closed_fd, out) == -errno.EBADF
    assert read(-1, out) == -errno.EBADF
    assert read(file_fd, out) == -errno.ENOTSOCK


def test_both_ends(pair):
    for one, other in (pair, reversed(pair)):
        out = new_address()
        assert lib.pysock_local_address(one.fileno(), out) == 0
        assert to_tuple(out) == one.getsockname()
        assert lib.pysock_peer_address(one.fileno(), out) == 0
        assert to_tuple(out) == other.getsockname()


def test_no_peer(family):
    with socket.socket(family.number) as sock:
        out = new_address()
        read = lib.pysock_peer_address
        assert read(sock.fileno(), out) == -errno.ENOTCONN


def test_peer_of_unix_has_no_ip():
    left, right = socket.socketpair()
    with left, right:
        out = new_address()
        assert lib.pysock_peer_address(left.fileno(), out) <= 0
        assert to_tuple(out) is None
