"""sock_diag: what is listed, what is found, what is refused."""

import contextlib
import errno
import json
import os
import re
import socket
import struct
from pathlib import Path

import pytest

import pysock
from pysock import TcpState, sock_diag
from pysock.tcp.info import kernel_release
from support import loopback
from support.child import run
from support.quiet import quiet  # noqa: F401
from support.requirements import skip_or_fail

SO_COOKIE = 57
MPTCP = 262


def cookie_of(sock):
    raw = sock.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8)
    return struct.unpack("=Q", raw)[0]


def on_port(port, *states, **filters):
    return list(sock_diag.sockets(states or None, local_port=port, **filters))


def test_listener_and_both_ends_are_listed(pair, family):
    for sock in pair:
        [entry] = on_port(
            sock.getsockname()[1], "ESTAB", remote=sock.getpeername()
        )
        assert entry.state is TcpState.ESTABLISHED
        assert entry.family == family.number
        assert entry.local == sock.getsockname()
        assert entry.remote == sock.getpeername()
        assert entry.cookie == cookie_of(sock)
        assert entry.inode == os.fstat(sock.fileno()).st_ino
        assert entry.uid == os.getuid()
        assert entry.timer is entry.expires_ms is None
        assert entry.retransmits == 0
        assert entry.tcp_info.state is TcpState.ESTABLISHED


def test_queues_are_what_waits(pair):
    client, server = pair
    client.sendall(b"x" * 777)
    loopback.wait_readable(server)
    entry = sock_diag.find(server.getsockname(), server.getpeername())
    assert entry.recv_queue == 777
    assert entry.send_queue == 0


def test_listener_has_its_queue(listener):
    with pysock.create_connection(listener.getsockname()[:2]):
        loopback.wait_until(
            lambda: listener.tcp_info().unacked == 1, "a queued connection"
        )
        [entry] = sock_diag.sockets("LISTEN", local=listener.getsockname())
        assert (entry.recv_queue, entry.send_queue) == (1, 16)
        assert entry.remote_port == 0
        assert entry.tcp_info.accept_queue_length == 1


def test_extensions_are_given_when_asked_for(pair):
    here, there = pair[0].getsockname(), pair[0].getpeername()
    [bare] = sock_diag.sockets(local=here, remote=there, info=False)
    assert bare.tcp_info is bare.memory is bare.drops is None
    assert bare.congestion_control is bare.processes is None
    [full] = sock_diag.sockets(
        local=here, remote=there, memory=True, congestion=True, processes=True
    )
    raw = pair[0].getsockopt(socket.SOL_SOCKET, 55, 36)
    assert full.memory == struct.unpack("=9I", raw)
    assert full.drops == 0
    name = pair[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
    assert full.congestion_control == name.rstrip(b"\0").decode()
    [held] = full.processes
    assert (held.pid, held.fd) == (os.getpid(), pair[0].fileno())
    assert held.name == Path("/proc/self/comm").read_text().rstrip("\n")


def test_as_dict_is_json(pair):
    entry = sock_diag.find(pair[0].getsockname(), pair[0].getpeername())
    said = json.loads(json.dumps(entry.as_dict()))
    assert said["state"] == "ESTABLISHED"
    assert said["local"] == list(pair[0].getsockname())
    assert said["tcp_info"]["state"] == "ESTABLISHED"
    assert said["cookie"] == entry.cookie


@pytest.mark.parametrize(
    "word", ["listen", "LISTEN", "listening", 10, TcpState.LISTEN, ["LISTEN"]]
)
def test_states_by_any_name(listener, word):
    [entry] = sock_diag.sockets(word, local=listener.getsockname())
    assert entry.state is TcpState.LISTEN


def test_filters_are_the_kernels(quiet):  # noqa: F811
    with loopback.listen(socket, loopback.IPV4) as one:
        port = one.getsockname()[1]
        with socket.create_connection(one.getsockname()) as client:
            source = client.getsockname()[1]

            def ports(**filters):
                return sorted(
                    (entry.local_port, entry.remote_port)
                    for entry in sock_diag.sockets(**filters)
                )

            both = sorted([(port, 0), (port, source), (source, port)])
            assert ports() == both
            assert ports(local_port=port) == [e for e in both if e[0] == port]
            assert ports(local_port=[1, 2, source]) == [(source, port)]
            assert ports(local_port=range(port, port + 1), states="ESTAB") == [
                (port, source)
            ]
            assert ports(remote_port=port) == [(source, port)]
            assert ports(remote_port=[1, source, 3]) == [(port, source)]
            assert ports(remote="127.0.0.0/8", local_port=source) == [
                (source, port)
            ]
            assert ports(remote="127.0.0.2") == []
            assert ports(remote=f"127.0.0.1:{port}") == [(source, port)]
            assert ports(local="::1") == []
            assert ports(local="::/0") == []
            assert ports(local="0.0.0.0/0") == both
            assert ports(family=socket.AF_INET6) == []
            assert ports(local_port=range(1, 2)) == []
            # As many alternatives as are allowed, the right one last.
            many = [p for p in range(1, 1000) if p != port][:511]
            assert ports(local_port=[*many, source]) == [(source, port)]


def test_mapped_addresses_are_found_by_ipv4():
    with socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        server, _ = listener.accept()
        with client, server:
            [entry] = sock_diag.sockets(
                "ESTAB", local="127.0.0.1", local_port=port
            )
            assert entry.local == server.getsockname()
            assert entry.local[0] == "::ffff:127.0.0.1"
            assert entry.cookie == cookie_of(server)
            mapped = sock_diag.find(("127.0.0.1", port), client.getsockname())
            assert mapped.cookie == cookie_of(server)
            again = sock_diag.find(server.getsockname(), server.getpeername())
            assert again.cookie == cookie_of(server)
            [held] = sock_diag.sockets("LISTEN", local_port=port)
            assert held.v6only is False


def test_bound_and_idle_is_in_close():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        found = on_port(port, "CLOSE")
        if not found and kernel_release() < (6, 8):
            skip_or_fail("kernel 6.8 is the first to list bound sockets")
        assert [entry.state for entry in found] == [TcpState.CLOSE]
        assert found[0].cookie == cookie_of(bound)
        assert on_port(port) == []


def test_find_is_not_fooled_by_the_listener(pair, listener):
    address = listener.getsockname()
    nobody = (*address[:1], 1, *address[2:])
    assert sock_diag.find(address, nobody) is None
    assert sock_diag.find(address).state is TcpState.LISTEN
    # Wildcard listeners answer for every address of theirs.
    with socket.create_server(("0.0.0.0", 0)) as anywhere:
        port = anywhere.getsockname()[1]
        assert sock_diag.find(("127.0.0.1", port)) is None
        assert sock_diag.find(("0.0.0.0", port)).cookie == cookie_of(anywhere)


def test_find_by_cookie(pair):
    ends = pair[0].getsockname(), pair[0].getpeername()
    cookie = cookie_of(pair[0])
    assert sock_diag.find(*ends, cookie).cookie == cookie
    assert sock_diag.find(*ends, cookie=cookie + 1) is None


def test_find_bound_to_a_device(quiet):  # noqa: F811
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    client.connect(listener.getsockname())
    with listener, client:
        entry = sock_diag.find(client.getsockname(), client.getpeername())
        assert entry.cookie == cookie_of(client)
        assert entry.interface == socket.if_nametoindex("lo")


def test_reuseport_listeners_are_told_apart():
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(
            socket.create_server(("127.0.0.1", 0), reuse_port=True)
        )
        second = stack.enter_context(
            socket.create_server(first.getsockname(), reuse_port=True)
        )
        for sock in (first, second):
            cookie = cookie_of(sock)
            found = sock_diag.find(sock.getsockname(), cookie=cookie)
            assert found.cookie == cookie


def test_mptcp():
    try:
        listener = socket.socket(proto=MPTCP)
    except OSError:
        skip_or_fail("the kernel has no MPTCP (net.mptcp.enabled)")
    with listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.socket(proto=MPTCP) as client:
            client.connect(listener.getsockname())
            server, _ = listener.accept()
            with server:
                [entry] = on_port(port, "ESTAB", protocol="mptcp")
                assert entry.tcp_info is None
                # One subflow above the first would be 1; the size is 6.18's
                # or more.
                assert len(entry.mptcp_info) >= 72
                assert entry.remote == client.getsockname()
                json.dumps(entry.as_dict())
                [subflow] = on_port(port, "ESTAB")
                assert subflow.tcp_info.state is TcpState.ESTABLISHED


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"states": "ESTABLISHMENT"}, "SYN_SENT"),
        ({"states": 12}, "ESTABLISHED"),
        ({"states": []}, "no state"),
        ({"local": "127.0.0"}, "127.0.0"),
        ({"local": "localhost"}, "localhost"),
        ({"local": "127.0.0.1/33"}, "33"),
        ({"local": "127.0.0.1:http"}, "http"),
        ({"remote": "[::1:80"}, "bracket"),
        ({"remote": ("127.0.0.1", 70000)}, "70000"),
        ({"remote": ("127.0.0.1",)}, "127.0.0.1"),
        ({"remote": "fe80::1%nosuchif"}, "nosuchif"),
        ({"remote": b"127.0.0.1"}, "127.0.0.1"),
        ({"local_port": -1}, "-1"),
        ({"local_port": "80"}, "8"),
        ({"local_port": 80.0}, "80.0"),
        ({"local_port": []}, "512"),
        ({"local_port": list(range(513))}, "512"),
        ({"local_port": range(65530, 65540)}, "65539"),
        ({"family": socket.AF_UNIX}, "AF_INET"),
        ({"protocol": "udp"}, "'mptcp'"),
    ],
)
def test_bad_arguments_are_named(arguments, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        sock_diag.sockets(**arguments)


@pytest.mark.parametrize(
    ("local", "remote"),
    [
        ("127.0.0.1", None),
        ("127.0.0.0/8", None),
        (("127.0.0.1", 1), ("::1", 1, 0, 0)),
        (("127.0.0.1", 1), "127.0.0.1"),
        (None, None),
    ],
)
def test_find_wants_whole_addresses(local, remote):
    with pytest.raises(ValueError, match=r"address|IPv"):
        sock_diag.find(local, remote)


def test_every_user_may_look(pair):
    if os.getuid() != 0:
        skip_or_fail("becoming another user needs root")
    ends = pair[0].getsockname(), pair[0].getpeername()
    done = run(
        """
        import os, sys, json
        import pysock
        from pysock import sock_diag
        # Afterwards: the interpreter's files may be root's alone.
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        ends = json.loads(sys.argv[1])
        entry = sock_diag.find(*ends, processes=True)
        assert entry.tcp_info.rtt_us and entry.memory.rcvbuf
        assert entry.processes == (), entry.processes
        would = sock_diag.destroy(entry, dry_run=True)
        assert would.cookie == entry.cookie
        try:
            sock_diag.destroy(entry)
        except pysock.errors.DiagDeniedError as error:
            assert isinstance(error, PermissionError)
            print(error.errno, error.address, error)
        """,
        json.dumps(ends),
    )
    assert done.stdout.startswith(f"{errno.EPERM} ")
    assert "destroy" in done.stdout
