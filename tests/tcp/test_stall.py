"""TcpInfo.stall(): each reason why a connection stands still, for real."""

import contextlib
import socket
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pysock
from pysock import TcpInfo, TcpState
from pysock.tcp.fields import TcpFields
from pysock.tcp.stall import find_hold_up
from support import loopback
from support.quiet import drop, drop_nothing, needs, quiet  # noqa: F401


def wait_for_stall(sock, kind, seconds=loopback.PATIENCE_S):
    """Read until the stall shows; its sentence."""
    first, found = sock.tcp_info(), []

    def shows():
        found.append(sock.tcp_info().stall(first))
        return found[-1] is not None and found[-1].kind == kind

    loopback.wait_until(shows, f"stall of kind {kind}", seconds)
    return str(found[-1])


def test_nothing_to_send(pair):
    stall = pair[0].tcp_info().stall(pair[0].tcp_info())
    assert stall.kind == "idle"
    assert "none was ever sent" in stall.sentence
    pair[0].sendall(b"x")
    loopback.wait_readable(pair[1])
    loopback.wait_until(
        lambda: pair[0].tcp_info().unacked == 0, "an acknowledgement"
    )
    stall = pair[0].tcp_info().stall(pair[0].tcp_info())
    assert stall.kind == "idle"
    assert "last data sent" in stall.sentence


def test_data_that_moves_is_no_stall(pair):
    client, server = pair
    first = client.tcp_info()
    client.sendall(b"x" * 1000)
    assert server.recv_exactly(1000)
    assert client.tcp_info().stall(first) is None


def test_peer_does_not_acknowledge(quiet, pair):  # noqa: F811
    client, server = pair
    drop(f"tcp dport {server.getsockname()[1]}")
    client.sendall(b"x" * 100)
    sentence = wait_for_stall(client, "peer_silent")
    assert "does not acknowledge" in sentence
    assert "1 segment in flight" in sentence
    loopback.wait_until(lambda: client.tcp_info().retransmits >= 2, "back-off")
    info = client.tcp_info()
    said = str(info.stall(info))
    assert f"again {info.retransmits} times" in said
    assert "backed off" in said
    # It ends when the peer is back.
    before = client.tcp_info()
    drop_nothing()
    server.recv_exactly(100)
    loopback.wait_until(
        lambda: client.tcp_info().unacked == 0, "an acknowledgement"
    )
    assert client.tcp_info().stall(before) is None


def test_syn_is_not_answered(quiet, family):  # noqa: F811
    drop("tcp dport 9")
    with pysock.socket(family.number) as sock:
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.connect(family.with_port(9))
        assert sock.tcp_info().stall(sock.tcp_info()) is None
        sentence = wait_for_stall(sock, "peer_silent")
        assert "SYN was sent 2 times" in sentence


def test_keepalive_is_not_answered(quiet, pair):  # noqa: F811
    client, server = pair
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        client.setsockopt(socket.IPPROTO_TCP, option, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    drop(f"tcp dport {server.getsockname()[1]}")
    assert "keepalive" in wait_for_stall(client, "peer_silent")


def test_peers_window_is_closed(pair):
    client, server = pair
    loopback.fill(client)
    sentence = wait_for_stall(client, "window_closed")
    waiting = client.tcp_info().notsent_bytes
    assert f"{waiting:,} bytes wait here" in sentence
    # And seen from there: that program does not read.
    sentence = wait_for_stall(server, "not_reading")
    assert "This program does not read" in sentence


def test_peer_vanished_while_its_window_was_closed(quiet, pair):  # noqa: F811
    client, server = pair
    loopback.fill(client)
    loopback.wait_until(
        lambda: client.tcp_info().snd_wnd == 0, "a closed window"
    )
    drop(f"tcp dport {server.getsockname()[1]}")
    loopback.wait_until(
        lambda: (client.tcp_info().probes or 0) >= 2, "unanswered probes"
    )
    assert "probes are unanswered" in wait_for_stall(client, "window_closed")


@contextlib.contextmanager
def pouring():
    """A client that writes all the time from a small buffer, by Reno."""
    client, server = loopback.connected(pysock, loopback.IPV4)
    # Reno lets the window grow until it is the buffer that limits.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.settimeout(20)
    enough = threading.Event()

    def pour():
        while not enough.is_set():
            client.sendall(bytes(2000))
        client.shutdown(socket.SHUT_WR)

    def drain():
        while server.recv(65536):
            pass

    threads = [threading.Thread(target=run) for run in (pour, drain)]
    with client, server:
        for thread in threads:
            thread.start()
        try:
            yield client
        finally:
            enough.set()
            for thread in threads:
                thread.join()


def test_our_send_buffer_is_full(quiet):  # noqa: F811
    # A slow link, so that a round trip takes longer than the buffer lasts.
    needs("tc")
    quiet.ip("link set lo mtu 1500")
    slow = "qdisc add dev lo root tbf rate 2mbit burst 3000 latency 2s"
    subprocess.run(["tc", "-batch", "-"], input=slow, text=True, check=True)
    # The first round trips decide whether the congestion window outgrows the
    # buffer; of five connections one or two settle below it.
    for _ in range(10):
        with pouring() as client:
            try:
                loopback.wait_until(
                    lambda client=client: client.tcp_info().sndbuf_limited_us,
                    "full buffer",
                    seconds=2,
                )
                sentence = wait_for_stall(client, "send_buffer", seconds=2)
            except AssertionError:
                continue
        assert "SO_SNDBUF" in sentence
        return
    pytest.fail("no connection was limited by its buffer")


def test_what_is_not_connected_has_no_stall(listener):
    info = listener.tcp_info()
    assert info.stall(info) is None
    with pysock.socket() as fresh:
        assert fresh.tcp_info().stall(fresh.tcp_info()) is None


def test_short_readings_of_old_kernels(pair):
    raw = pair[0].tcp_info().raw
    for length in range(1, len(raw)):
        info = TcpInfo(raw[:length])
        stall = info.stall(info)
        assert stall is None or stall.kind == "idle"


# What decides, and values on both sides of each decision.
DECIDING = (
    "retransmits", "probes", "backoff", "snd_mss", "rcv_mss", "unacked",
    "rtt_us", "bytes_acked", "bytes_received", "notsent_bytes",
    "data_segs_out", "busy_time_us", "rwnd_limited_us", "sndbuf_limited_us",
    "snd_wnd", "rcv_wnd",
)  # fmt: skip


@st.composite
def two_readings(draw):
    length = draw(st.sampled_from([72, 192, 228, 232, 236, 280]))
    readings = []
    for _ in range(2):
        raw = bytearray(280)
        raw[0] = draw(st.sampled_from([*TcpState, 0, 12]))
        # All but a few are 0: else one of the first causes hides the rest.
        few = draw(st.sets(st.sampled_from(DECIDING), max_size=5))
        for name in few:
            field = getattr(TcpFields, name)
            value = draw(st.sampled_from([1, 2, 100]))
            raw[field.offset : field.offset + field.size] = value.to_bytes(
                field.size, sys.byteorder
            )
        readings.append(TcpInfo(bytes(raw[:length])))
    return readings


@settings(max_examples=1000, deadline=None)
@given(two_readings())
def test_a_look_at_the_signs_misses_nothing(readings):
    now, then = readings
    stall = now.stall(then)
    if stall is not None and stall.kind == "idle":
        stall = None
    assert find_hold_up(now, then) == stall


def test_a_socket_without_a_sign_costs_few_steps(pair):
    """Counted: 30,000 of them are asked at each look of `pysock watch`."""
    info = pair[0].tcp_info()
    counts = {}
    for ask in (find_hold_up, TcpInfo.stall):
        ask(info, info)
        calls = []
        sys.setprofile(lambda _, event, __, seen=calls: seen.append(event))
        try:
            ask(info, info)
        finally:
            sys.setprofile(None)
        counts[ask] = sum(event in ("call", "c_call") for event in calls)
    assert 5 * counts[find_hold_up] < counts[TcpInfo.stall], counts
