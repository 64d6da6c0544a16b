"""delivery and idle: what the kernel's numbers prove, and nothing beyond."""

import re
import socket
import struct
from pathlib import Path

import pytest

import pysock
from pysock import TcpInfo, errors
from pysock.errors.delivery import Delivery, after_end, delivery
from support import loopback

OFFSETS = {
    "rto_us": (8, "I"),
    "last_data_sent_ms": (44, "I"),
    "last_data_recv_ms": (52, "I"),
    "last_ack_recv_ms": (56, "I"),
    "rtt_us": (68, "I"),
    "total_retrans": (100, "I"),
    "notsent_bytes": (144, "I"),
    "data_segs_in": (152, "I"),
    "data_segs_out": (156, "I"),
    "bytes_sent": (200, "Q"),
    "bytes_retrans": (208, "Q"),
}


def reading(state=7, length=280, **fields):
    """A reading of a connection that was up, with these fields."""
    raw = bytearray(280)
    raw[0] = state
    for name, value in {"rtt_us": 50, "rto_us": 200_000, **fields}.items():
        offset, width = OFFSETS[name]
        struct.pack_into(f"={width}", raw, offset, value)
    return TcpInfo(bytes(raw[:length]))


def test_nothing_unacknowledged():
    told = delivery(reading(bytes_sent=120, bytes_retrans=20), 0, None)
    assert told == Delivery(100, 0, None, "acknowledged")


@pytest.mark.parametrize("fin", [None, False])
def test_unacknowledged_without_a_fin_proves_nothing(fin):
    told = delivery(reading(bytes_sent=100, notsent_bytes=7), 57, fin)
    assert told == Delivery(50, 57, fin, "unknown")


def test_our_own_fin_is_no_byte_of_data():
    info = reading(bytes_sent=100)
    told = delivery(info, 1, None, sent_fin=True)
    assert told == Delivery(100, 0, None, "acknowledged")
    assert delivery(info, 1, None) == Delivery(99, 1, None, "unknown")
    assert delivery(info, 11, None, sent_fin=True).unacknowledged == 10


def test_an_older_kernel_does_not_say_what_was_acknowledged():
    told = delivery(reading(length=192), 5, None)
    assert told == Delivery(None, 5, None, "unknown")


AFTER = {
    "bytes_sent": 50, "data_segs_out": 3,
    "last_data_sent_ms": 100, "last_ack_recv_ms": 400,
}  # fmt: skip


@pytest.mark.parametrize(
    ("first", "fields"),
    [
        (True, {}),
        # Data from before may have been on its way: it need not have been
        # sent again yet.
        (None, {"last_ack_recv_ms": 310}),
        # It was, or could not be sent.
        (None, {"total_retrans": 1}),
        (None, {"notsent_bytes": 1}),
        # One segment is all there is.
        (True, {"last_ack_recv_ms": 104, "data_segs_out": 1}),
        (None, {"last_ack_recv_ms": 100, "data_segs_out": 1}),
        (None, {"last_ack_recv_ms": 96, "data_segs_out": 1}),
    ],
)
def test_clocks_prove_that_the_fin_was_first(first, fields):
    told = delivery(reading(**{**AFTER, **fields}), 50, True)
    assert told.fin_first is first
    assert told.verdict == ("unacknowledged-after-fin" if first else "unknown")


@pytest.mark.parametrize(
    ("queued", "first"), [(0, None), (50, True), (51, None)]
)
def test_what_was_written_after_the_end_was_read(queued, first):
    then, now = reading(8, bytes_sent=100), reading(bytes_sent=150)
    told = after_end(delivery(now, queued, True), now, then)
    assert told.fin_first is first
    assert told.verdict == (
        "unacknowledged-after-fin" if first
        else "unknown" if queued else "acknowledged"
    )  # fmt: skip
    # A reading that is later, or of an older kernel, proves nothing.
    for other in (reading(8, bytes_sent=151), reading(8, length=190)):
        assert after_end(told, now, other) == told


def test_written_after_the_end_was_read(pair):
    client, server = pair
    client.send(b"request")
    server.recv_exactly(7)
    server.close()
    with pytest.raises(errors.PeerClosedError):
        client.recv_exactly(1)
    client.send(b"x" * 1000)
    loopback.wait_for_state(client, 7)
    error = failure(client.send, b"y")
    assert error.delivery == (7, 1000, True, "unacknowledged-after-fin")
    assert "all written after its FIN had come" in str(error.explain())


def failure(call, *arguments):
    with pytest.raises(errors.TransferError) as info:
        call(*arguments)
    return info.value


def test_a_reset_after_the_peers_kernel_had_it(pair):
    client, server = pair
    client.send(b"x" * 1000)
    loopback.wait_readable(server)
    server.close()  # with data unread: a RST
    loopback.wait_for_state(client, 7)
    error = failure(client.recv, 1)
    assert error.delivery == (1000, 0, None, "acknowledged")
    assert error.idle is None
    assert error.code == "peer-reset-unanswered"
    assert error.to_dict()["delivery"]["verdict"] == "acknowledged"


def test_read_and_reset_before_the_ack_looks_undelivered(pair):
    """The first counter-example: nothing may be concluded from it."""
    client, server = pair
    # Talk first, so that ACKs are delayed.
    for _ in range(3):
        client.send(b"ping")
        server.recv_exactly(4)
        server.send(b"pong")
        client.recv_exactly(4)
    client.send(b"x" * 100)
    assert server.recv_exactly(100)
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    told = failure(client.recv, 1).delivery
    assert told == (12, 100, False, "unknown")


def test_read_after_a_half_close_looks_undelivered_too(pair):
    """The second: after a FIN as well."""
    client, server = pair
    for _ in range(3):
        client.send(b"ping")
        server.recv_exactly(4)
        server.send(b"pong")
        client.recv_exactly(4)
    server.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    client.send(b"x" * 100)
    assert server.recv_exactly(100)
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    error = failure(client.send, b"y")
    assert error.delivery[:2] == (12, 100)
    assert error.delivery.verdict != "acknowledged"
    assert "not read" not in str(error.explain())


def test_written_to_a_peer_that_had_closed(pair):
    client, server = pair
    server.close()
    loopback.wait_for_state(client, 8)
    client.send(b"x" * 1000)
    loopback.wait_for_state(client, 7)
    error = failure(client.send, b"y")
    assert error.code == "broken-pipe"
    assert error.delivery[:2] == (0, 1000)
    assert error.delivery.fin_first in (True, None)


def test_a_timeout_has_it_too(pair):
    client, _ = pair
    client.settimeout(0.05)
    client.send(b"x" * 120)
    error = failure(client.recv, 1)
    assert error.delivery == (120, 0, None, "acknowledged")
    assert error.code == "timeout-program-slow"


def test_a_socket_that_was_never_connected_has_none():
    with pysock.socket() as sock:
        with pytest.raises(errors.NotConnectedError) as info:
            sock.recv(1)
        assert info.value.delivery is None
        assert info.value.idle is None


def test_idle_is_the_age_of_the_peers_last_data(pair):
    client, server = pair
    server.send(b"x")
    client.recv_exactly(1)
    loopback.wait_until(
        lambda: client.tcp_info().last_data_recv_ms >= 40, "40 ms"
    )
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    error = failure(client.recv, 1)
    assert error.idle >= 0.04
    assert error.idle == error.tcp_info.last_data_recv_ms / 1000
    assert error.code == "peer-reset-idle"


def test_nothing_says_that_data_was_not_read():
    """No sentence concludes from an ACK that is missing."""
    explain = Path(pysock.__file__).parent / "explain"
    names = ("transferring", "waiting", "written")
    texts = [(explain / f"{name}.py").read_text() for name in names]
    texts += [c.meaning for row in errors.CATALOGUE for c in row.causes]
    for text in texts:
        # One literal after another is one sentence.
        said = re.sub(r'"\s*\n\s*f?"', "", text)
        wrong = (
            r"\b(was|were|been|has|have) (not|never) (been )?(read|delivered)"
        )
        assert not re.search(wrong, said)
