"""socket.accept_many: the batch, the wait, and nothing lost."""

import os
import signal
import threading
import time

import pytest

import pysock
from lab.waiting import until
from pysock import errors
from support.loopback import reset
from support.queued import (
    clients,
    close_all,
    listener,
    open_descriptors,
    run_child,
)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_takes_what_is_waiting_in_order_with_the_standard_addresses(host):
    with listener(host) as sock, clients(sock, 5) as theirs:
        accepted = sock.accept_many()
        assert [address for _, address in accepted] == [
            client.getsockname() for client in theirs
        ]
        for (ours, address), client in zip(accepted, theirs, strict=True):
            assert type(ours) is pysock.socket
            assert (ours.family, ours.type) == (client.family, client.type)
            assert ours.getpeername() == address
            assert ours.gettimeout() is None
            assert os.get_blocking(ours.fileno())
            assert not os.get_inheritable(ours.fileno())
            ours.sendall(b"hello")
            assert client.recv(9) == b"hello"
        close_all(accepted)


def test_limit_leaves_the_rest_in_the_queue():
    with listener() as sock, clients(sock, 5):
        first = sock.accept_many(3)
        assert len(first) == 3
        assert sock.tcp_info().accept_queue_length == 2
        second = sock.accept_many(3)
        assert len(second) == 2
        close_all(first + second)


@pytest.mark.parametrize("timeout", [None, 5.0, 0.0])
def test_never_waits_for_a_second(timeout):
    with listener(timeout=timeout) as sock, clients(sock, 1):
        started = time.monotonic()
        [(ours, _)] = sock.accept_many()
        assert time.monotonic() - started < 2
        ours.close()


def test_threads_do_not_share_a_batch():
    taken = []
    with listener(timeout=20) as sock, clients(sock, 1):
        close_all(sock.accept_many())  # leaves a batch for the next call
        [spare] = sock._pysock_spare
        first = threading.Thread(
            target=lambda: taken.extend(sock.accept_many())
        )
        first.start()
        until(lambda: not sock._pysock_spare)  # the thread has it, and waits
        with clients(sock, 1):
            first.join(20)
        assert sock._pysock_spare == [spare]
        close_all(taken)
        # Another call meanwhile makes one of its own.
        sock._pysock_spare.clear()
        with clients(sock, 1):
            close_all(sock.accept_many())
        assert sock._pysock_spare != [spare]


def test_the_batch_is_kept_after_a_failure():
    with listener(timeout=0) as sock, clients(sock, 1):
        close_all(sock.accept_many())
        spare = sock._pysock_spare[0]
        with pytest.raises(errors.AcceptWouldBlockError):
            sock.accept_many()
        assert sock._pysock_spare == [spare]


def test_waits_on_a_descriptor_that_somebody_made_nonblocking():
    with listener() as sock:
        os.set_blocking(sock.fileno(), False)
        timer = threading.Timer(
            0.05, lambda: pysock.create_connection(sock.getsockname()).close()
        )
        timer.start()
        close_all(sock.accept_many())
        timer.join()


def test_nonblocking_and_empty_raises_would_block():
    with listener(timeout=0) as sock:
        with pytest.raises(errors.AcceptWouldBlockError) as caught:
            sock.accept_many()
        assert caught.value.args == (11, "Resource temporarily unavailable")


def test_timeout_is_for_the_first():
    with listener(timeout=0.05) as sock:
        with pytest.raises(errors.AcceptTimeoutError) as caught:
            sock.accept_many()
        assert caught.value.args == ("timed out",)
        assert caught.value.local_address == sock.getsockname()


def test_waits_for_the_first():
    with listener(timeout=10) as sock, clients(sock, 0):
        timer = threading.Timer(
            0.05, lambda: pysock.create_connection(sock.getsockname()).close()
        )
        timer.start()
        close_all(sock.accept_many())
        timer.join()


@pytest.mark.parametrize("timeout", [None, 10.0])
def test_a_signal_does_not_cut_the_wait_short(timeout):
    seen = []
    with listener(timeout=timeout) as sock:

        def handler(number, frame):
            seen.append(number)
            if len(seen) == 3:
                signal.setitimer(signal.ITIMER_REAL, 0)
                late.append(pysock.create_connection(sock.getsockname()))

        late = []
        before = signal.signal(signal.SIGALRM, handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            close_all(sock.accept_many())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert len(seen) == 3
        late[0].close()


def test_a_handler_that_raises_ends_the_wait():
    class Enough(Exception):
        pass

    def handler(number, frame):
        raise Enough

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with listener() as sock:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            with pytest.raises(Enough):
                sock.accept_many()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_connections_that_died_in_the_queue_are_handed_over():
    with listener() as sock, clients(sock, 2) as theirs:
        names = [client.getsockname() for client in theirs]
        reset(theirs[0])
        accepted = sock.accept_many()
        assert [address for _, address in accepted] == names
        assert accepted[0][0].tcp_state() is pysock.TcpState.CLOSE
        close_all(accepted)


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_below_one_is_refused(limit):
    with listener() as sock, pytest.raises(ValueError, match="1 or more"):
        sock.accept_many(limit)


def test_limit_beyond_every_queue_is_fine():
    with listener() as sock, clients(sock, 3):
        accepted = sock.accept_many(10**9)
        assert len(accepted) == 3
        close_all(accepted)


def test_not_listening():
    with pysock.socket() as sock, pytest.raises(errors.AcceptError) as caught:
        sock.accept_many()
    assert caught.value.errno == 22


def test_closed():
    sock = pysock.socket()
    sock.close()
    with pytest.raises(errors.ClosedSocketError):
        sock.accept_many()


def test_unix_listener(tmp_path):
    with pysock.socket(pysock.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen()
        theirs = [pysock.socket(pysock.AF_UNIX) for _ in range(4)]
        for client in theirs:
            client.connect(sock.getsockname())
        accepted = sock.accept_many(3)
        assert [address for _, address in accepted] == [""] * 3
        accepted += sock.accept_many(3)
        assert len(accepted) == 4
        close_all(accepted)
        for client in theirs:
            client.close()


def test_an_error_in_the_middle_loses_nothing():
    print(
        run_child("""
import os, resource, socket, pysock
ls = pysock.create_server(("127.0.0.1", 0), backlog=20)
theirs = [socket.create_connection(ls.getsockname()) for _ in range(6)]
top = max(map(int, os.listdir("/proc/self/fd")))
spare = [os.open("/dev/null", os.O_RDONLY) for _ in range(40)]
resource.setrlimit(resource.RLIMIT_NOFILE, (spare[-1] + 1, spare[-1] + 1))
for fd in spare[:4]:
    os.close(fd)
got = ls.accept_many()
theirs_then = [client.getsockname() for client in theirs]
assert [a for _, a in got] == theirs_then[:4]
try:
    ls.accept_many()
except pysock.errors.DescriptorLimitError as error:
    assert error.errno == 24
else:
    raise AssertionError("no error")
got.pop()[0].close()
os.close(spare[4])
got += ls.accept_many()
del theirs_then[3]
assert [a for _, a in got] == theirs_then
for sock, _ in got:
    sock.close()
for sock in theirs:
    sock.close()
ls.close()
""")
    )


def test_when_an_object_cannot_be_made_nothing_stays_open(monkeypatch):
    made = []

    class Picky(pysock.socket):
        __slots__ = ()

        def __init__(self, *args, **kwargs):
            if len(made) == 2:
                raise MemoryError
            super().__init__(*args, **kwargs)
            made.append(self)

    with listener() as sock, clients(sock, 5):
        before = open_descriptors()
        monkeypatch.setattr(pysock, "socket", Picky)
        with pytest.raises(MemoryError):
            sock.accept_many()
        assert open_descriptors() == before


def test_two_threads_share_a_queue_and_every_connection_comes_once():
    count = 400
    accepted = []

    def take(sock):
        try:
            while True:
                accepted.extend(sock.accept_many(8))
        except TimeoutError:
            pass

    with listener(backlog=count, timeout=0.3) as sock:
        threads = [
            threading.Thread(target=take, args=(sock,)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        with clients(sock, count) as theirs:
            for thread in threads:
                thread.join()
            assert sorted(address for _, address in accepted) == sorted(
                client.getsockname() for client in theirs
            )
        close_all(accepted)
