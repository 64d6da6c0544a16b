"""obituaries(): the last reading of every socket, told once, to anybody."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from lab.waiting import until
from pysock import TcpState, sock_diag
from support import loopback
from support.child import run
from support.quiet import quiet  # noqa: F401


def talk_and_close(family, size):
    """Make a connection that carried `size` bytes, and end it."""
    client, server = loopback.connected(socket, family)
    with client, server:
        ends = client.getsockname(), client.getpeername()
        client.sendall(bytes(size))
        received = 0
        while received < size:
            received += len(server.recv(size))
    return ends


def test_both_ends_with_their_final_counters(quiet, family):  # noqa: F811
    with sock_diag.obituaries(timeout=5) as deaths:
        ends = talk_and_close(family, 4321)
        told = {}
        for entry in deaths:
            told[entry.local, entry.remote] = entry
            if {ends, ends[::-1]} <= told.keys():
                break
        assert deaths.lost == 0
    client, server = told[ends], told[ends[::-1]]
    assert client.state is TcpState.CLOSE
    assert client.tcp_info.bytes_sent == 4321
    assert server.tcp_info.bytes_received == 4321 + 1  # and the FIN
    assert client.family == family.number


def test_identified_by_the_cookie_it_had(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV4)
    entry = sock_diag.find(client.getsockname(), client.getpeername())
    with sock_diag.obituaries(timeout=5) as deaths:
        loopback.reset(client)
        server.close()
        assert entry.cookie in {dead.cookie for dead in take(deaths, 2)}


def take(deaths, count):
    return [entry for _, entry in zip(range(count), deaths, strict=False)]


def test_timeout_ends_the_loop_and_another_goes_on(quiet):  # noqa: F811
    with sock_diag.obituaries(timeout=0.1) as deaths:
        started = time.monotonic()
        assert list(deaths) == []
        assert 0.1 <= time.monotonic() - started < 5
        talk_and_close(loopback.IPV4, 1)
        assert len(list(deaths)) == 3  # with the listener


def test_timeout_0_takes_what_is_there(quiet):  # noqa: F811
    with sock_diag.obituaries(timeout=0) as deaths:
        assert list(deaths) == []
        talk_and_close(loopback.IPV4, 1)
        loopback.wait_readable(deaths)
        found = []
        loopback.wait_until(
            lambda: found.extend(deaths) or len(found) == 3, "three deaths"
        )


def test_family(quiet):  # noqa: F811
    with sock_diag.obituaries(0, family=socket.AF_INET6) as deaths:
        talk_and_close(loopback.IPV4, 1)
        talk_and_close(loopback.IPV6, 1)
        found = []
        loopback.wait_until(
            lambda: found.extend(deaths) or len(found) >= 3, "three deaths"
        )
        assert {entry.family for entry in found} == {socket.AF_INET6}


def test_what_was_lost_is_counted(quiet):  # noqa: F811
    many = 600
    with sock_diag.obituaries(0, receive_buffer=4096) as deaths:
        for _ in range(many):
            socket.create_server(("127.0.0.1", 0)).close()
        # The kernel tells from a work queue, after the close.
        found = []

        def all_accounted_for():
            found.extend(deaths)
            return len(found) + deaths.lost == many

        loopback.wait_until(all_accounted_for, "all deaths, told or lost")
        assert deaths.lost > 0
        assert found
        lost = deaths.lost
        # It goes on after a loss.
        socket.create_server(("127.0.0.1", 0)).close()
        loopback.wait_readable(deaths)
        assert len(list(deaths)) == 1
    assert deaths.lost == lost
    assert deaths.fileno() == -1
    assert list(deaths) == []


def test_nothing_is_lost_with_the_buffer_of_the_library(quiet):  # noqa: F811
    many = 1500
    with sock_diag.obituaries(0) as deaths:
        for _ in range(many):
            socket.create_server(("127.0.0.1", 0)).close()
        found = []
        loopback.wait_until(
            lambda: found.extend(deaths) or len(found) == many, "all deaths"
        )
        assert deaths.lost == 0
        assert len({entry.cookie for entry in found}) == many


def test_ctrl_c_ends_the_wait_at_once(quiet):  # noqa: F811
    script = """
        import signal, sys, time
        from pysock import sock_diag
        with sock_diag.obituaries() as deaths:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(2))
            started = time.monotonic()
            try:
                for entry in deaths:
                    pass
            except KeyboardInterrupt:
                print(time.monotonic() - started)
    """
    assert 0.05 < float(run(script).stdout) < 5


def test_a_signal_that_raises_nothing_does_not_end_it(quiet):  # noqa: F811
    came = []
    before = signal.signal(signal.SIGUSR1, lambda *_: came.append(1))
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        started = time.monotonic()
        with sock_diag.obituaries(0.5) as deaths:
            assert list(deaths) == []
        assert time.monotonic() - started >= 0.5
        assert came
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def test_closed_by_another_thread(quiet):  # noqa: F811
    """The number is nobody else's before the one who waits is gone."""
    found = []
    deaths = sock_diag.obituaries(family=socket.AF_INET)
    fd = deaths.fileno()
    waits = threading.Thread(target=lambda: found.extend(deaths))
    waits.start()
    where = Path(f"/proc/self/task/{waits.native_id}/wchan")
    until(lambda: "poll" in where.read_text(), 10, "the thread to wait")
    deaths.close()
    os.fstat(fd)  # still open
    client, server = loopback.connected(socket, loopback.IPV4)
    client.close()
    server.close()
    waits.join(10)
    assert not waits.is_alive()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
    assert list(deaths) == []


def test_without_privilege(quiet):  # noqa: F811
    done = run("""
        import os, socket
        from pysock import sock_diag
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        with sock_diag.obituaries(5) as deaths:
            socket.create_server(("127.0.0.1", 0)).close()
            print(next(iter(deaths)).local[0])
    """)
    assert done.stdout == "127.0.0.1\n"


@pytest.mark.parametrize("wrong", [{"timeout": -1}, {"family": 99}])
def test_bad_arguments(wrong):
    with pytest.raises(ValueError, match=r"timeout|AF_INET"):
        sock_diag.obituaries(**wrong)
