"""Columns say what the entries say, of sockets in every state."""

import socket
from operator import attrgetter

from pysock import sock_diag
from pysock.sock_diag.columns import Columns, by_state
from pysock.tcp.state import TcpState
from support import loopback
from support.as_columns import assert_same
from support.quiet import quiet  # noqa: F401


def everything():
    return list(sock_diag.sockets(memory=True))


def test_no_sockets():
    columns = Columns([])
    assert columns.local() == columns.remote() == columns.drops() == []
    assert list(columns.states) == []


def test_columns_are_what_entries_say(quiet):  # noqa: F811
    """Both families, mapped and link-local; a full and a half-dead one."""
    quiet.ip("link add name veth0 type veth peer name veth1")
    quiet.ip("link set veth0 up")
    quiet.ip("addr add fe80::7/64 dev veth0 nodad")
    scope = socket.if_nametoindex("veth0")
    listener = loopback.listen(socket, loopback.IPV4, backlog=0)
    both = socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    )
    linked = socket.socket(socket.AF_INET6)
    with listener, both, linked:
        linked.bind(("fe80::7", 0, 0, scope))
        linked.listen()
        client, server = loopback.connected(socket, loopback.IPV6)
        mapped = socket.create_connection(("127.0.0.1", both.getsockname()[1]))
        with client, server, mapped, both.accept()[0]:
            client.send(b"x" * 1234)
            loopback.wait_readable(server)
            server.shutdown(socket.SHUT_WR)
            loopback.wait_for_state(server, TcpState.FIN_WAIT2)
            waiting = socket.create_connection(listener.getsockname())
            gone, left = loopback.connected(socket, loopback.IPV4)
            with waiting, left:
                gone.close()
                loopback.wait_readable(left)
                left.close()
                entries = everything()
    states = {entry.state.name for entry in entries}
    assert states >= {
        "LISTEN", "ESTABLISHED", "FIN_WAIT2", "CLOSE_WAIT", "TIME_WAIT",
    }  # fmt: skip
    for entry in entries:
        assert_same(entry)
    shown = Columns(entries)
    assert any(text.startswith("[fe80::7%") for text in shown.local())
    assert any(text.startswith("[::ffff:") for text in shown.remote())
    assert list(shown.inodes) == list(map(attrgetter("inode"), entries))


def test_order(quiet):  # noqa: F811
    """A listener first, then by state, port and address, as numbers."""
    with loopback.listen(socket, loopback.IPV4) as listener:
        there = listener.getsockname()
        clients = []
        for host in ("127.0.0.10", "127.0.0.9"):
            client = socket.socket()
            client.bind((host, 0))
            client.connect(there)
            clients.append(client)
        entries = sorted(everything(), key=by_state)
        assert entries[0].state.name == "LISTEN"
        served = [e for e in entries[1:] if e.local == there]
        assert [e.remote[0] for e in served] == ["127.0.0.9", "127.0.0.10"]
        for client in clients:
            client.close()
