"""TCP_INFO: every field against an independent reading of the same bytes."""

import json
import pickle
import socket
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysock
from pysock import TcpInfo, TcpState
from pysock.tcp import info as tcp_info_module
from support.loopback import (
    NONBLOCKING,
    listen,
    wait_for_state,
    wait_readable,
    wait_until,
)
from support.requirements import skip_or_fail
from support.tcp_info_table import LENGTHS, NOT_SET, TABLE, WIDTHS

NAMES = [name for name, *_ in TABLE]
CLOCKS = {"last_data_sent_ms", "last_data_recv_ms", "last_ack_recv_ms"}
ESTABLISHED = bytes([TcpState.ESTABLISHED])

# A different value in every byte, and no "not set" among the fields.
COUNTING = ESTABLISHED + bytes(1 + at % 113 for at in range(1, 512))


def unpacked(raw, offset, code):
    """Read one field by other means; None if it is not all there."""
    if offset + WIDTHS[code] > len(raw):
        return None
    return struct.unpack_from(f"={code}", raw, offset)[0]


def test_the_table_has_no_gap():
    at = 8
    for _, offset, code, _ in TABLE[4:]:
        assert offset == at
        at += WIDTHS[code]
        if at == 276:
            at = 280  # bits, of one kernel or another
    assert at >= 280


@pytest.mark.parametrize("length", range(1, 513))
def test_every_length(length):
    raw = COUNTING[:length]
    info = TcpInfo(raw)
    assert info.raw == raw
    for name, offset, code, _ in TABLE:
        expected = unpacked(raw, offset, code)
        if name in CLOCKS and length < 72:
            # Without a round-trip sample these clocks count from boot.
            expected = None
        assert getattr(info, name) == expected, name
    json.dumps(info.as_dict())
    repr(info)


@pytest.mark.parametrize(("length", "last"), LENGTHS.items())
def test_lengths_of_the_kernels(length, last):
    info = TcpInfo(COUNTING[:length])
    present = [name for name in NAMES if getattr(info, name) is not None]
    assert present == NAMES[: NAMES.index(last) + 1]


def test_metadata_of_every_field():
    for name, offset, code, since in TABLE:
        field = getattr(TcpInfo, name)
        assert (field.name, field.offset) == (name, offset)
        assert field.since == since
        assert field.__doc__.endswith(".")
        unit = {"us": "us", "ms": "ms"}.get(name.rpartition("_")[2])
        assert field.unit == unit or unit is None
        assert code in WIDTHS


def test_no_bytes_are_no_reading():
    with pytest.raises(ValueError, match="at least one byte"):
        TcpInfo(b"")


@pytest.mark.parametrize("wrong", [280, 1, "abc", None, 1.5, [1, 2]])
def test_what_is_not_bytes_is_refused(wrong):
    with pytest.raises(TypeError):
        TcpInfo(wrong)


@pytest.mark.parametrize("name", NOT_SET)
def test_not_set_is_none(name):
    _, offset, code, _ = TABLE[NAMES.index(name)]
    for value, expected in ((NOT_SET[name], None), (77, 77)):
        raw = bytearray(COUNTING)
        struct.pack_into(f"={code}", raw, offset, value)
        assert getattr(TcpInfo(bytes(raw)), name) == expected


@pytest.mark.parametrize("name", sorted(set(NAMES) - NOT_SET.keys()))
def test_zero_is_a_zero(name):
    raw = bytearray(COUNTING)
    _, offset, code, _ = TABLE[NAMES.index(name)]
    struct.pack_into(f"={code}", raw, offset, 0)
    assert getattr(TcpInfo(bytes(raw)), name) == 0


def test_bit_fields():
    raw = bytearray(COUNTING)
    raw[5], raw[6], raw[7] = 0b10000111, 0xA4, 0b111
    info = TcpInfo(bytes(raw))
    assert (info.snd_wscale, info.rcv_wscale) == (4, 10)
    assert info.delivery_rate_app_limited is True
    assert info.fastopen_client_fail == 3
    assert info.option_names == ("timestamps", "sack", "wscale", "tfo_child")
    # The bit-fields are as old as byte 7, and their meaning is not.
    old = TcpInfo(bytes(raw[:160]))
    assert old.delivery_rate_app_limited is None
    assert old.fastopen_client_fail is None


def last_word(value):
    return COUNTING[:276] + struct.pack("=I", value)


@pytest.mark.parametrize("release", [(6, 18), (6, 19)])
def test_last_word_before_7_0(monkeypatch, release):
    monkeypatch.setattr(tcp_info_module, "_kernel_release", release)
    info = TcpInfo(COUNTING[:276] + struct.pack("=HH", 5, 3))
    assert (info.accecn_fail_mode, info.accecn_opt_seen) == (5, 3)
    assert (info.ecn_mode, info.options2) == (None, None)


@pytest.mark.parametrize("release", [(7, 0), (7, 1), (8, 0)])
def test_last_word_since_7_0(monkeypatch, release):
    if sys.byteorder != "little":
        skip_or_fail("the bits are written for a little-endian machine")
    monkeypatch.setattr(tcp_info_module, "_kernel_release", release)
    info = TcpInfo(last_word(2 | 3 << 2 | 9 << 4 | 0xABCDEF << 8))
    assert info.ecn_mode == 2
    assert info.accecn_opt_seen == 3
    assert info.accecn_fail_mode == 9
    assert info.options2 == 0xABCDEF


@pytest.mark.parametrize("length", [276, 277, 278, 279])
@pytest.mark.parametrize("release", [(6, 18), (7, 0)])
def test_last_word_is_never_cut(monkeypatch, release, length):
    monkeypatch.setattr(tcp_info_module, "_kernel_release", release)
    info = TcpInfo(COUNTING[:length])
    for name in (
        "accecn_fail_mode",
        "accecn_opt_seen",
        "ecn_mode",
        "options2",
    ):
        assert getattr(info, name) is None


@given(st.binary(min_size=1, max_size=512))
def test_any_bytes_decode(raw):
    info = TcpInfo(raw)
    values = info.as_dict()
    assert set(NAMES) < set(values)
    json.dumps(values)
    assert repr(info).startswith("<TcpInfo")
    assert info.delta(info) == dict.fromkeys(info.delta(info), 0)
    assert pickle.loads(pickle.dumps(info)) == info
    assert info.was_established in (True, False)
    assert info.accept_queue_length is None or raw[0] == TcpState.LISTEN


def test_delta_is_of_counters():
    raw = bytearray(COUNTING)
    earlier = TcpInfo(bytes(raw))
    struct.pack_into("=Q", raw, 200, earlier.bytes_sent + 1000)
    struct.pack_into("=I", raw, 80, 999)
    delta = TcpInfo(bytes(raw)).delta(earlier)
    assert delta["bytes_sent"] == 1000
    assert delta["segs_out"] == 0
    assert "snd_cwnd" not in delta
    assert "bytes_sent" not in earlier.delta(TcpInfo(COUNTING[:200]))


def test_a_counter_that_wrapped_grew():
    """Counters of 32 bits start again at 0; the difference is no loss."""
    raw = bytearray(COUNTING)
    struct.pack_into("=I", raw, 136, 2**32 - 1)
    earlier = TcpInfo(bytes(raw))
    struct.pack_into("=I", raw, 136, 4)
    assert TcpInfo(bytes(raw)).delta(earlier)["segs_out"] == 5


def test_a_reading_is_immutable_and_a_value():
    info = TcpInfo(bytearray(COUNTING))
    for name in ("rtt_us", "state", "raw", "new"):
        with pytest.raises(AttributeError):
            setattr(info, name, 1)
    assert info == TcpInfo(memoryview(COUNTING))
    assert hash(info) == hash(TcpInfo(COUNTING))
    assert info != COUNTING
    assert not hasattr(info, "__dict__")


def test_listener(family):
    with listen(pysock, family, backlog=7) as sock:
        client = socket.socket(family.number)
        client.connect(sock.getsockname())
        wait_readable(sock)
        info = sock.tcp_info()
        assert sock.tcp_state() == info.state == TcpState.LISTEN
        assert info.is_listening
        assert (info.accept_queue_length, info.accept_queue_limit) == (1, 7)
        said = {k for k, v in info.as_dict().items() if v is not None}
        assert said == {
            "state",
            "unacked",
            "sacked",
            "accept_queue_length",
            "accept_queue_limit",
        }
        client.close()


def test_fresh_socket(family):
    with pysock.socket(family.number) as sock:
        info = sock.tcp_info()
    assert info.state == TcpState.CLOSE
    assert not info.was_established
    for name in (*NOT_SET, "last_data_sent_ms", "last_ack_recv_ms"):
        assert getattr(info, name) is None, name
    assert info.segs_out == 0
    assert info.accept_queue_length is None


def test_syn_sent(family, silent_address):
    with pysock.socket(family.number) as sock:
        sock.settimeout(NONBLOCKING)
        sock.connect_ex(silent_address)
        info = sock.tcp_info()
    assert info.state == TcpState.SYN_SENT
    assert info.segs_out == 1
    assert info.rtt_us is None
    assert not info.was_established


def test_traffic_is_counted(pair):
    client, server = pair
    before = client.tcp_info()
    client.sendall(bytes(10_000))
    assert len(server.recv_exactly(10_000)) == 10_000
    wait_until(lambda: client.tcp_info().unacked == 0, "an ACK")
    delta = client.tcp_info().delta(before)
    assert delta["bytes_sent"] == delta["bytes_acked"] == 10_000
    assert server.tcp_info().bytes_received == 10_000
    info = client.tcp_info()
    assert info.rtt_us > 0
    assert info.was_established
    assert "sack" in info.option_names
    assert f"rtt_us={info.rtt_us}" in repr(info)


@pytest.mark.parametrize("peer_closes", [True, False])
def test_states_of_an_end(pair, peer_closes):
    client, server = pair
    if peer_closes:
        server.close()
        wait_for_state(client, TcpState.CLOSE_WAIT)
        assert client.tcp_state() == TcpState.CLOSE_WAIT
        client.shutdown(socket.SHUT_WR)
        wait_for_state(client, TcpState.CLOSE)
    else:
        client.shutdown(socket.SHUT_WR)
        wait_for_state(client, TcpState.FIN_WAIT2)
        assert client.tcp_state() == TcpState.FIN_WAIT2


def test_the_running_kernels_answer(pair):
    """All of what the kernel gave is read, field by field."""
    raw = pair[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 512)
    assert len(raw) in LENGTHS or len(raw) > 280
    info = pysock.tcp_info(pair[0])
    assert len(info.raw) == len(raw)
    for name, offset, code, _ in TABLE:
        value = unpacked(info.raw, offset, code)
        if value == NOT_SET.get(name, -1):
            value = None
        assert getattr(info, name) == value, name
