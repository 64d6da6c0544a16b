"""Entries from bytes: what this machine's kernel does not happen to send."""

import json
import socket
import struct

from pysock import TcpState
from pysock.sock_diag.entry import Entry
from pysock.sock_diag.listing import each_once
from pysock.sock_diag.netlink import Block

HEADER = struct.Struct("=4B")


def entry_bytes(
    *,
    family=socket.AF_INET6,
    state=1,
    timer=0,
    local="2001:db8::1",
    remote="2001:db8::2",
    interface=0,
    cookie=1,
    expires=0,
    attributes=b"",
):
    words = struct.pack(
        "=3I5I",
        interface,
        cookie & 0xFFFFFFFF,
        cookie >> 32,
        expires,
        *(11, 12, 13, 14),
    )
    ips = b"".join(
        socket.inet_pton(family, ip).ljust(16, b"\0") for ip in (local, remote)
    )
    ports = struct.pack("!HH", 80, 54321)
    return (
        HEADER.pack(family, state, timer, 3) + ports + ips + words + attributes
    )


def read(**fields):
    raw = entry_bytes(**fields)
    # Not at the start of its block, and not at the end.
    return Entry(b"#" * 20 + raw + b"#" * 20, 20, 20 + len(raw))


def test_fixed_fields():
    entry = read(timer=4, expires=2500)
    assert entry.local == ("2001:db8::1", 80, 0, 0)
    assert entry.remote == ("2001:db8::2", 54321, 0, 0)
    assert (entry.local_port, entry.remote_port) == (80, 54321)
    assert (entry.timer, entry.expires_ms, entry.retransmits) == (
        "persist",
        2500,
        3,
    )
    assert (entry.recv_queue, entry.send_queue) == (11, 12)
    assert (entry.uid, entry.inode) == (13, 14)


def test_cookie_has_64_bits():
    assert read(cookie=0x1234567890ABCDEF).cookie == 0x1234567890ABCDEF


def test_timers_have_the_words_of_ss():
    words = [read(timer=number).timer for number in range(6)]
    assert words == [
        None,
        "on",
        "keepalive",
        "timewait",
        "persist",
        "unknown",
    ]
    assert read(timer=0, expires=5).expires_ms is None


def test_states_of_the_kernel_and_beyond():
    for state in TcpState:
        assert read(state=state).state is state
    # TCP_NEW_SYN_RECV and TCP_BOUND_INACTIVE, and what may come.
    assert read(state=12).state is TcpState.SYN_RECV
    for number in (0, 13, 14, 255):
        assert read(state=number).state is TcpState.CLOSE


def test_scope_is_of_link_local_addresses_only():
    entry = read(local="fe80::1", remote="2001:db8::2", interface=7)
    assert entry.local == ("fe80::1", 80, 0, 7)
    assert entry.remote == ("2001:db8::2", 54321, 0, 0)
    assert read(local="febf::1", interface=7).local[3] == 7
    assert read(local="fec0::1", interface=7).local[3] == 0


def test_attributes_that_are_not_there():
    entry = read()
    assert entry.tcp_info is entry.memory is entry.drops is None
    assert entry.congestion_control is entry.mptcp_info is None
    assert entry.v6only is entry.processes is None
    json.dumps(entry.as_dict())


def test_attributes_with_flags_in_their_type():
    value = b"cubic\0"
    packed = struct.pack("=HH", 4 + len(value), 4 | 0x8000) + value
    assert read(attributes=packed).congestion_control == "cubic"


def test_short_memory_of_an_older_kernel_is_none():
    packed = struct.pack("=HH8I", 36, 7, *range(8))
    assert read(attributes=packed).memory is None


def test_entry_met_twice_is_given_once_as_it_was_last():
    blocks = []
    for state in (3, 1):
        first = entry_bytes(cookie=9, state=state)
        second = entry_bytes(cookie=9 + state, state=4)
        middle, end = len(first), len(first) + len(second)
        blocks.append(
            Block(first + second, [0, middle], [middle, end], [9, 9 + state])
        )
    found = {e.cookie: e.state for e in each_once(blocks, 6, None)}
    entries = list(each_once(blocks, 6, None))
    assert len(entries) == 3
    assert found[9] is TcpState.ESTABLISHED


def test_equal_by_content_wherever_it_lies():
    raw = entry_bytes()
    assert Entry(raw, 0, len(raw)) == read()
    assert hash(Entry(raw, 0, len(raw))) == hash(read())
    assert Entry(raw, 0, len(raw), 262) != read()
    assert read() != raw
