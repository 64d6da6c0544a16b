"""reuseport_group: one port, several listeners, one count."""

import os
import threading

import pytest

import pysock
from lab.waiting import until
from pysock import errors
from support.queued import clients, open_descriptors


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_members_share_a_port_and_together_accept_everything(host):
    count = 200
    with pysock.reuseport_group((host, 0), 4, backlog=count) as group:
        assert len(group) == 4
        assert {sock.getsockname() for sock in group} == {group.address}
        with clients(group[0], count) as theirs:
            for i in range(4):
                group[i].setblocking(False)
                with group.accept_loop(i) as loop:
                    for sock, _ in loop:
                        sock.close()
            del theirs
        balance = group.balance()
    assert sum(balance.accepted) == count
    assert sum(balance.share) == pytest.approx(1)
    # A hash of random ports: all on one member has a chance of 4^-199.
    assert sum(n > 0 for n in balance.accepted) > 1
    assert 1 <= balance.imbalance < 4


def test_balance_before_the_first_connection():
    with pysock.reuseport_group(("127.0.0.1", 0), 2) as group:
        assert group.balance() == ((0, 0), (0.0, 0.0))
        assert group.balance().imbalance == 1.0


def test_counts_of_forked_workers_are_seen_by_the_parent():
    count = 60
    group = pysock.reuseport_group(("127.0.0.1", 0), 2, backlog=count)
    workers = []
    for i in range(2):
        pid = os.fork()
        if pid == 0:
            group.take(i).settimeout(20)
            with group.accept_loop(i) as loop:
                for sock, _ in loop:
                    last = sock.recv(1) == b"q"
                    sock.close()
                    if last:
                        break
            os._exit(0)
        workers.append(pid)
    address = group.address
    group.close()
    for _ in range(count):
        with pysock.create_connection(address) as client:
            client.sendall(b"x")
    until(lambda: sum(group.balance().accepted) == count)
    assert min(group.balance().accepted) > 0
    # Each worker ends with the first "q" that the hash gives it.
    alive = set(workers)
    while alive:
        try:
            with pysock.create_connection(address, timeout=5) as client:
                client.sendall(b"q")
                client.recv(1)
        except errors.SocketError:
            pass
        for pid in list(alive):
            if os.waitpid(pid, os.WNOHANG)[0]:
                alive.remove(pid)


def test_a_taken_port_leaves_nothing_open():
    with pysock.create_server(("127.0.0.1", 0)) as taken:
        before = open_descriptors()
        with pytest.raises(errors.AddressInUseError):
            pysock.reuseport_group(taken.getsockname(), 3)
        assert open_descriptors() == before
    with pytest.raises(ValueError, match="1 member"):
        pysock.reuseport_group(("127.0.0.1", 0), 0)


def test_members_are_stopped_by_closing_the_group():
    group = pysock.reuseport_group(("127.0.0.1", 0), 3)

    def serve(i):
        with group.accept_loop(i) as loop:
            for sock, _ in loop:
                sock.close()

    threads = [threading.Thread(target=serve, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    with clients(group[0], 30):
        until(lambda: sum(group.balance().accepted) == 30)
    group.close()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
