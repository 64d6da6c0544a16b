"""All fields at once: the same as one by one, and far fewer steps."""

import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysock import TcpInfo, TcpState
from pysock.tcp import info as tcp_info_module
from pysock.tcp import whole
from pysock.tcp.fields import INFINITE_SSTHRESH, NO_SAMPLE, UNLIMITED
from pysock.tcp.state import FastOpenFailure, TcpCaState

# Bytes that make up a whole reading of an established connection.
READING = bytes([TcpState.ESTABLISHED]) + bytes(
    1 + at % 113 for at in range(1, 280)
)
# What as_dict() of a connection took before was 495.
MOST_CALLS = 40


def one_by_one(info):
    values = {}
    for name in tcp_info_module.FIELD_NAMES:
        value = getattr(info, name)
        if isinstance(value, (TcpState, TcpCaState, FastOpenFailure)):
            value = value.name
        values[name] = list(value) if isinstance(value, tuple) else value
    return values


def assert_same(raw):
    info = TcpInfo(raw)
    # The order is what a reader of the JSON sees.
    assert list(info.as_dict().items()) == list(one_by_one(info).items())


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes(raw):
    assert_same(raw)


@pytest.mark.parametrize("release", [(6, 18), (7, 0)])
@pytest.mark.parametrize("state", [*TcpState, 0, 12, 255])
def test_every_length_and_state(monkeypatch, release, state):
    monkeypatch.setattr(tcp_info_module, "_kernel_release", release)
    for length in range(1, len(READING) + 2):
        assert_same((bytes([int(state)]) + READING[1:] + b"x")[:length])


@pytest.mark.parametrize("name", [*whole._FIELDS])
@pytest.mark.parametrize("value", [0, INFINITE_SSTHRESH, NO_SAMPLE, UNLIMITED])
def test_what_stands_for_not_set(name, value):
    field = whole._FIELDS[name]
    raw = bytearray(READING)
    cut = (value & (1 << 8 * field.size) - 1).to_bytes(
        field.size, sys.byteorder
    )
    raw[field.offset : field.offset + field.size] = cut
    assert_same(bytes(raw))


def test_before_the_handshake():
    raw = bytearray(READING)
    struct.pack_into("=I", raw, 68, 0)
    struct.pack_into("=I", raw, 192, 0)
    assert TcpInfo(bytes(raw)).as_dict()["last_data_recv_ms"] is None
    assert_same(bytes(raw))


def test_what_is_given_belongs_to_who_asked():
    info = TcpInfo(READING)
    first = info.as_dict()
    first["option_names"].append("mine")
    first["ca_state"] = "mine"
    assert info.as_dict() == one_by_one(info)


def test_what_is_kept_is_bounded():
    for number in range(2 * whole._MOST_KEPT):
        raw = bytearray(READING)
        struct.pack_into("=H", raw, 5, number)
        TcpInfo(bytes(raw)).as_dict()
        assert len(whole._kept) <= whole._MOST_KEPT


def test_it_takes_few_steps():
    """Counted, not timed: 30,000 of these are asked for at once."""
    info = TcpInfo(READING)
    info.as_dict()
    calls = []
    sys.setprofile(lambda _, event, __: calls.append(event))
    try:
        info.as_dict()
    finally:
        sys.setprofile(None)
    count = sum(event in ("call", "c_call") for event in calls)
    assert count <= MOST_CALLS, count
