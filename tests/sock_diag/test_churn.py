"""The table while connections come and go: nothing missed, or twice."""

import contextlib
import socket
import threading

from pysock import TcpState, sock_diag
from support import loopback
from support.quiet import quiet, quiet_namespace  # noqa: F401

STAY, ROUNDS = 400, 30


@contextlib.contextmanager
def churn(namespace, families):
    """Connect and close all the time, in threads."""
    stop, failures = threading.Event(), []

    def run(family):
        try:
            with namespace.entered():
                while not stop.is_set():
                    client, server = loopback.connected(socket, family)
                    loopback.reset(client)
                    server.close()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(f,)) for f in families]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


def test_nothing_is_missed_and_nothing_is_twice(quiet):  # noqa: F811
    with contextlib.ExitStack() as stack:
        stays = set()
        for _ in range(STAY // 4):
            for family in (loopback.IPV4, loopback.IPV6):
                for sock in loopback.connected(socket, family):
                    stack.enter_context(sock)
                    stays.add((sock.getsockname(), sock.getpeername()))
        assert len(stays) == STAY
        with churn(quiet, [loopback.IPV4, loopback.IPV6]):
            others = 0
            for _ in range(ROUNDS):
                entries = list(sock_diag.sockets(memory=True))
                found = {(entry.local, entry.remote) for entry in entries}
                assert stays <= found
                cookies = [entry.cookie for entry in entries]
                assert len(set(cookies)) == len(cookies)
                others += len(found - stays)
                for entry in entries:
                    if entry.state is TcpState.ESTABLISHED and entry.inode:
                        assert entry.tcp_info.snd_mss
            # There was something to be confused by.
            assert others > 0


def test_find_and_obituaries_in_the_churn(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV4)
    with client, server, sock_diag.obituaries(0) as deaths:
        ends = client.getsockname(), client.getpeername()
        cookie = sock_diag.find(*ends).cookie
        with churn(quiet, [loopback.IPV4]):
            for _ in range(200):
                assert sock_diag.find(*ends).cookie == cookie
        dead = [entry.cookie for entry in deaths]
        assert cookie not in dead
        assert len(set(dead)) == len(dead)
        assert dead


def test_namespaces_do_not_mix(quiet):  # noqa: F811
    here = socket.create_server(("127.0.0.1", 0))
    with here, quiet_namespace():
        assert list(sock_diag.sockets()) == []
        assert sock_diag.find(here.getsockname()) is None
