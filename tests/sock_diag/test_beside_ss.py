"""sock_diag beside `ss -tinmoea`: the same sockets, field by field.

`ss` is asked before and after. What did not change in between has to be
equal; a clock or a counter that moved has to lie between the two.
"""

import re
import socket
import threading

import pytest

from pysock import TcpState, sock_diag
from support import loopback
from support.quiet import drop, drop_nothing, quiet, ss  # noqa: F401

# `ss` writes a field only when it is not 0.
FIELDS = {
    "mss": "snd_mss",
    "pmtu": "pmtu",
    "rcvmss": "rcv_mss",
    "advmss": "advmss",
    "cwnd": "snd_cwnd",
    "ssthresh": "snd_ssthresh",
    "bytes_sent": "bytes_sent",
    "bytes_retrans": "bytes_retrans",
    "bytes_acked": "bytes_acked",
    "bytes_received": "bytes_received",
    "segs_out": "segs_out",
    "segs_in": "segs_in",
    "data_segs_out": "data_segs_out",
    "data_segs_in": "data_segs_in",
    "lastsnd": "last_data_sent_ms",
    "lastrcv": "last_data_recv_ms",
    "lastack": "last_ack_recv_ms",
    "delivered": "delivered",
    "unacked": "unacked",
    "lost": "lost",
    "sacked": "sacked",
    "dsack_dups": "dsack_dups",
    "reord_seen": "reord_seen",
    "rcv_space": "rcv_space",
    "rcv_ssthresh": "rcv_ssthresh",
    "rcv_ooopack": "rcv_ooopack",
    "snd_wnd": "snd_wnd",
    "notsent": "notsent_bytes",
    "backoff": "backoff",
}
# Written in milliseconds with a fraction; name and divisor.
MILLISECONDS = {
    "rto": "rto_us",
    "ato": "ato_us",
    "minrtt": "min_rtt_us",
    "rcv_rtt": "rcv_rtt_us",
    "busy": "busy_time_us",
    "rwnd_limited": "rwnd_limited_us",
    "sndbuf_limited": "sndbuf_limited_us",
}
SKMEM = re.compile(
    r"skmem:\(r(\d+),rb(\d+),t(\d+),tb(\d+),f(\d+),w(\d+),o(\d+),bl(\d+),"
    r"d(\d+)\)"
)


def table():
    """What `ss` says, by cookie."""
    lines = {}
    for line in ss("-tinmoeaHO"):
        lines[int(re.search(r"sk:([0-9a-f]+)", line)[1], 16)] = line
    return lines


def number(line, name):
    """A field of `ss`; 0 where it is left out."""
    found = re.search(rf"(?:^|\s){name}:([\d.]+)", line)
    return float(found[1]) if found else 0.0


def lies_between(ours, one, other, slack=0.0):
    low, high = min(one, other), max(one, other)
    return low - slack <= ours <= high + slack


def compare(entry, before, after):
    said = before.split()
    assert said[0] == str(entry.state)
    assert said[3] == shown(entry.local)
    assert said[4] == shown(entry.remote)
    for at, ours in ((1, entry.recv_queue), (2, entry.send_queue)):
        assert lies_between(ours, int(said[at]), int(after.split()[at]))
    assert number(before, "ino") == entry.inode
    assert number(before, "uid") == entry.uid
    compare_timer(entry, before, after)
    memory = SKMEM.search(before)
    if memory is None:
        assert entry.memory is None
    else:
        later = SKMEM.search(after)
        for name, ours, one, other in zip(
            entry.memory._fields, entry.memory,
            memory.groups(), later.groups(), strict=True,
        ):  # fmt: skip
            assert lies_between(ours, int(one), int(other)), name
    if entry.tcp_info is None:
        assert "cwnd:" not in before
        return
    assert f" {entry.congestion_control} " in f"{before} "
    if entry.state is TcpState.LISTEN:
        return
    compare_info(entry.tcp_info, before, after)


def compare_timer(entry, before, after):
    timers = [
        re.search(r"timer:\((\w+),([^,]*),(\d+)\)", line)
        for line in (before, after)
    ]
    if timers[0] is None or timers[1] is None:
        # Gone, or not there yet, in one of the two.
        if timers[0] is timers[1]:
            assert entry.timer is None
        return
    if timers[0][1] == timers[1][1]:
        assert entry.timer == timers[0][1]
    assert lies_between(
        entry.retransmits, int(timers[0][3]), int(timers[1][3])
    )


def compare_info(info, before, after):
    for theirs, name in FIELDS.items():
        ours = getattr(info, name)
        if ours is None and theirs.startswith("last"):
            # Before the handshake this clock counts from the machine's boot.
            assert not info.was_established
            continue
        ours = ours or 0
        one, other = number(before, theirs), number(after, theirs)
        if theirs.startswith("last") and other < one:
            # The clock began anew between the two: with which of them ours
            # goes is not known, nor how far it had come.
            continue
        assert lies_between(ours, one, other), (theirs, ours, one, other)
    for theirs, name in MILLISECONDS.items():
        ours = (getattr(info, name) or 0) / 1000
        one, other = number(before, theirs), number(after, theirs)
        # Six significant digits, or whole milliseconds.
        slack = 1.0 if theirs in ("busy", "rwnd_limited") else ours * 1e-5
        assert lies_between(ours, one, other, slack), (theirs, ours, one)
    rtt = re.search(r" rtt:([\d.]+)/([\d.]+)", before)
    later = re.search(r" rtt:([\d.]+)/([\d.]+)", after)
    if rtt:
        for at, ours in ((1, info.rtt_us), (2, info.rttvar_us)):
            ours = (ours or 0) / 1000
            assert lies_between(
                ours, float(rtt[at]), float(later[at]), ours * 1e-5
            )
    retrans = re.search(r" retrans:(\d+)/(\d+)", before)
    if retrans and retrans[0] in after:
        assert info.retrans == int(retrans[1])
        assert info.total_retrans == int(retrans[2])
    wscale = re.search(r"wscale:(\d+),(\d+)", before)
    if wscale:
        assert (info.snd_wscale, info.rcv_wscale) == (
            int(wscale[1]),
            int(wscale[2]),
        )
    assert ("app_limited" in before) == bool(
        info.delivery_rate_app_limited
    ) or ("app_limited" in before) != ("app_limited" in after)
    assert (" ts " in f"{before} ") == ("timestamps" in info.option_names)
    assert (" sack " in f"{before} ") == ("sack" in info.option_names)


def shown(address):
    host, port = address[0], address[1] or "*"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def compare_all(expected):
    before = table()
    entries = list(sock_diag.sockets(memory=True, congestion=True))
    after = table()
    assert len(entries) == len(before) == len(after) == expected
    states = {}
    for entry in entries:
        compare(entry, before[entry.cookie], after[entry.cookie])
        states[entry.state] = states.get(entry.state, 0) + 1
    return states


@pytest.fixture
def talking(quiet, family):  # noqa: F811
    with loopback.listen(socket, family) as listener:
        client = socket.socket(family.number)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with client, server:
            yield client, server, listener.getsockname()


def transfer(client, server, size):
    thread = threading.Thread(target=client.sendall, args=(bytes(size),))
    thread.start()
    received = 0
    while received < size:
        received += len(server.recv(1 << 20))
    thread.join()


def test_idle_connection(talking):
    client, server, _ = talking
    transfer(client, server, 100_000)
    transfer(server, client, 10)
    assert compare_all(3) == {TcpState.LISTEN: 1, TcpState.ESTABLISHED: 2}


def test_after_loss(talking, quiet):  # noqa: F811
    client, server, address = talking
    quiet.ip("link set lo mtu 1500")
    # Every 20th, not one in 20: chance would sometimes drop none.
    drop(f"tcp dport {address[1]} numgen inc mod 20 == 19")
    transfer(client, server, 3_000_000)
    lost = sock_diag.find(client.getsockname(), address).tcp_info
    assert lost.bytes_retrans > 0
    assert lost.total_retrans > 0
    compare_all(3)


def test_in_the_middle_of_a_loss(talking):
    client, _, address = talking
    drop(f"tcp dport {address[1]}")
    client.sendall(bytes(5000))
    loopback.wait_until(
        lambda: sock_diag.find(client.getsockname(), address).retransmits >= 2,
        "two retransmissions",
    )
    # A retransmission in between moves several fields at once; then again.
    for attempt in range(5):
        try:
            compare_all(3)
            break
        except AssertionError:
            if attempt == 4:
                raise
    entry = sock_diag.find(client.getsockname(), address)
    assert entry.timer == "on"
    assert 0 < entry.expires_ms < 60_000


def test_zero_window(talking):
    client, _, address = talking
    loopback.fill(client)
    loopback.wait_until(
        lambda: (
            sock_diag.find(client.getsockname(), address).tcp_info.snd_wnd == 0
        ),
        "a closed window",
    )
    compare_all(3)
    entry = sock_diag.find(client.getsockname(), address)
    assert entry.timer == "persist"
    assert entry.send_queue >= entry.tcp_info.notsent_bytes > 0
    there = sock_diag.find(address, client.getsockname())
    assert there.recv_queue > 0


def test_stubs_and_the_ends_of_connections(quiet, family):  # noqa: F811
    with loopback.listen(socket, family) as listener:
        address = listener.getsockname()
        finished = loopback.connected(socket, family)
        for sock in finished:
            sock.close()
        waiting = socket.socket(family.number)
        waiting.connect(address)
        half = socket.socket(family.number)
        half.setblocking(False)
        drop(f"tcp sport {address[1]}")
        half.connect_ex(address)
        loopback.wait_until(
            lambda: any(sock_diag.sockets("SYN_RECV")), "SYN_RECV"
        )
        with waiting, half:
            states = compare_all(6)
            assert states == {
                TcpState.LISTEN: 1,
                TcpState.TIME_WAIT: 1,
                TcpState.ESTABLISHED: 2,
                TcpState.SYN_SENT: 1,
                TcpState.SYN_RECV: 1,
            }
        drop_nothing()
