"""The netlink parser under bytes that no kernel would send, and real ones cut.

It is a pure function, so nothing stands between it and any bytes at all.
"""

import errno
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysock.raw.calls import ffi, lib
from pysock.sock_diag.entry import Entry
from support.as_columns import assert_same

HEADER = struct.Struct("=IHHII")
DONE, ERROR, ENTRY = 3, 2, 20
CAPACITY = 40
SEQUENCE = 9


def message(kind, body, sequence=SEQUENCE, length=None):
    size = HEADER.size + len(body) if length is None else length
    padding = bytes(-len(body) % 4)
    return HEADER.pack(size, kind, 0, sequence, 0) + body + padding


def split(block, capacity=CAPACITY, sequence=SEQUENCE):
    """Split the bytes; every span must lie in them, with a whole header."""
    # An exact allocation: the sanitizer sees one byte too far.
    data = ffi.new("uint8_t[]", len(block) or 1)
    ffi.buffer(data)[: len(block)] = block
    spans = ffi.new("uint32_t[]", 2 * capacity)
    cookies = ffi.new("uint64_t[]", capacity)
    status = ffi.new("int *", 77)
    count = lib.pysock_diag_split(
        data, len(block), sequence, spans, cookies, capacity, status
    )
    found = []
    for i in range(max(count, 0)):
        start, end = spans[2 * i], spans[2 * i + 1]
        assert 0 <= start <= end <= len(block)
        assert end - start >= lib.PYSOCK_DIAG_HEADER
        found.append((start, end))
    return count, status[0], found


def read_all(block, start, end):
    """Read everything of an entry; only documented values may come."""
    entry = Entry(block, start, end)
    said = entry.as_dict()
    assert said["state"] is not None
    assert 0 <= said["local_port"] <= 65535
    assert repr(entry)
    Entry(block, start, end, 262).as_dict()
    assert_same(entry)
    return entry


@pytest.fixture(scope="module")
def recorded():
    """A real answer: the blocks of a dump with every extension."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with client, server:
            yield dump(listener.getsockname()[1])


def dump(port):
    request = ffi.new("struct pysock_diag_request *")
    request.family, request.protocol = socket.AF_INET, 6
    request.states, request.extensions = 0xFFF, 0xFF
    request.sequence, request.local.port = SEQUENCE, port
    out = ffi.new("uint8_t[88]")
    length = lib.pysock_diag_build(request, b"", 0, out, 88)
    fd = lib.pysock_diag_open(0, 0)
    buffer = ffi.new("uint8_t[32768]")
    try:
        assert lib.pysock_diag_send(fd, out, length) == 0
        blocks, status = [], 0
        while not status:
            got = lib.pysock_diag_receive(fd, 5000, buffer, 32768)
            blocks.append(bytes(ffi.buffer(buffer, got)))
            status = split(blocks[-1])[1]
        return blocks
    finally:
        lib.pysock_close(fd)


def test_recorded_answer_is_read(recorded):
    entries = [
        read_all(block, *span)
        for block in recorded
        for span in split(block)[2]
    ]
    assert {entry.state.name for entry in entries} >= {
        "LISTEN",
        "ESTABLISHED",
    }
    [server] = [e for e in entries if e.state.name == "ESTABLISHED"]
    assert server.tcp_info.state == server.state
    assert server.memory.rcvbuf > 0
    assert server.congestion_control


def test_recorded_answer_cut_anywhere(recorded):
    block = recorded[0]
    for length in range(len(block)):
        count, _, spans = split(block[:length])
        assert count >= 0 or count == -errno.EBADMSG
        for span in spans:
            read_all(block[:length], *span)


def test_entry_cut_anywhere(recorded):
    start, end = split(recorded[0])[2][-1]
    for shorter in range(start + lib.PYSOCK_DIAG_HEADER, end):
        read_all(recorded[0], start, shorter)


def test_every_byte_changed(recorded):
    block = bytearray(recorded[0])
    for at in range(len(block)):
        before = block[at]
        for value in (0, 1, 0x7F, 0xFF, before ^ 0x80):
            block[at] = value
            changed = bytes(block)
            for span in split(changed)[2]:
                read_all(changed, *span)
        block[at] = before


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 3))
def test_any_bytes(block, sequence):
    count, _, spans = split(block, sequence=sequence)
    assert count >= 0 or count in (-errno.EBADMSG, -errno.ENOSPC)
    for span in spans:
        read_all(block, *span)


@settings(max_examples=500, deadline=None)
@given(
    st.binary(min_size=72, max_size=72),
    st.lists(
        st.tuples(
            st.integers(0, 0xFFFF),
            st.sampled_from([0, 2, 4, 7, 11, 0x8002, 0x4007, 99]),
            st.binary(max_size=300),
        ),
        max_size=6,
    ),
)
def test_attributes_whose_lengths_lie(fixed, attributes):
    body = fixed
    for length, kind, value in attributes:
        body += struct.pack("=HH", length, kind) + value
    block = message(ENTRY, body)
    for span in split(block)[2]:
        read_all(block, *span)


def test_verdicts():
    for code, status in ((0, 1), (-2, -2), (-4095, -4095), (5, 1)):
        for kind in (DONE, ERROR):
            block = message(kind, struct.pack("=i", code) + bytes(16))
            assert split(block)[:2] == (0, status)
    # An errno that is none must not become one.
    assert split(message(ERROR, struct.pack("=i", -5000)))[:2] == (0, 1)
    assert split(message(DONE, b""))[:2] == (0, 1)


def test_what_was_not_asked_for_is_passed_over():
    body = bytes(72)
    block = message(ENTRY, body, sequence=8) + message(17, body)
    assert split(block)[:2] == (0, 0)
    block += message(ENTRY, body)
    assert split(block)[0] == 1


def test_lengths_that_cannot_be_true():
    body = bytes(72)
    for length in (0, 15, 89, 0x7FFFFFFF, 0xFFFFFFFF):
        block = message(ENTRY, body, length=length)
        assert split(block)[0] == -errno.EBADMSG
    assert split(message(ENTRY, bytes(71)))[0] == -errno.EBADMSG


def test_more_entries_than_room():
    block = message(ENTRY, bytes(72)) * 3
    assert split(block, capacity=3)[0] == 3
    assert split(block, capacity=2)[0] == -errno.ENOSPC


def test_attribute_outside_of_the_block_is_none():
    block = bytes(100)
    for start, end in ((0, 71), (90, 80), (0, 2**40), (2**40, 2**41)):
        assert lib.pysock_diag_attribute(block, start, end, 0) == 0


def test_request_needs_room_and_a_known_action():
    request = ffi.new("struct pysock_diag_request *")
    request.family, request.protocol = socket.AF_INET, 262
    out = ffi.new("uint8_t[]", 70000)
    build = lib.pysock_diag_build
    assert build(request, b"", 0, out, 83) == -errno.EINVAL
    assert build(request, b"", 0, out, 84) == 80
    assert build(request, bytes(65532), 65532, out, 70000) == -errno.EINVAL
    assert build(request, b"", -1, out, 88) == -errno.EINVAL
    assert build(request, b"", 0, out, -1) == -errno.EINVAL
    request.action = 3
    assert build(request, b"", 0, out, 88) == -errno.EINVAL


def test_a_closed_socket_is_not_waited_for():
    """poll(2) passes over a negative number, and would wait for ever."""
    buffer = ffi.new("uint8_t[16]")
    assert lib.pysock_diag_receive(-1, -1, buffer, 16) == -errno.EBADF
    assert lib.pysock_diag_receive(-1, 5000, buffer, 16) == -errno.EBADF
