"""accept_loop: what it hands over, what it counts, what ends it."""

import errno
import os
import signal
import threading
import time

import pytest

import pysock
from lab.waiting import until
from pysock import errors
from support.loopback import reset
from support.queued import clients, close_all, listener, open_descriptors


def test_hands_over_every_connection_in_order():
    with (
        listener() as sock,
        pysock.accept_loop(sock, batch=3) as loop,
        clients(sock, 8) as theirs,
    ):
        accepted = [next(loop) for _ in range(8)]
        assert [address for _, address in accepted] == [
            client.getsockname() for client in theirs
        ]
        assert all(ours.gettimeout() is None for ours, _ in accepted)
        close_all(accepted)
        stats = loop.stats
    assert (stats.accepted, stats.batches) == (8, 3)
    assert stats.queue_high_water == 8
    assert (stats.aborted, stats.shed, stats.unserved) == (0, 0, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_dead_on_arrival_is_skipped_counted_and_reported(host):
    reported = []
    with (
        listener(host, timeout=0) as sock,
        clients(sock, 5) as theirs,
        pysock.accept_loop(
            sock, on_error=lambda error, stats: reported.append((error, stats))
        ) as loop,
    ):
        names = [client.getsockname() for client in theirs]
        for dead in (0, 3):
            reset(theirs[dead])
        accepted = list(loop)
        assert [a for _, a in accepted] == [names[i] for i in (1, 2, 4)]
        close_all(accepted)
        assert (loop.stats.accepted, loop.stats.aborted) == (3, 2)
    assert [error.address for error, _ in reported] == [names[0], names[3]]
    for error, stats in reported:
        assert type(error) is errors.AcceptAbortedError
        assert error.errno == errno.ECONNABORTED
        assert stats.aborted == 2


def test_a_batch_of_only_dead_ones_does_not_end_the_loop():
    with (
        listener(timeout=0) as sock,
        clients(sock, 5) as theirs,
        pysock.accept_loop(sock, batch=2) as loop,
    ):
        for dead in theirs[:4]:
            reset(dead)
        accepted = list(loop)
        assert len(accepted) == 1
        close_all(accepted)


def test_nonblocking_listener_ends_when_empty_and_goes_on_later():
    with listener(timeout=0) as sock, pysock.accept_loop(sock) as loop:
        assert list(loop) == []
        for count in (2, 3):
            with clients(sock, count):
                accepted = list(loop)
                assert len(accepted) == count
                close_all(accepted)
        assert loop.retry_in == 0


def test_timeout_is_raised_and_the_loop_goes_on_afterwards():
    with listener(timeout=0.05) as sock, pysock.accept_loop(sock) as loop:
        with pytest.raises(errors.AcceptTimeoutError):
            next(loop)
        with clients(sock, 1):
            next(loop)[0].close()


def test_waits_are_sampled_by_the_kernels_clock():
    with listener(timeout=0) as sock, clients(sock, 9):
        time.sleep(0.12)  # the wait is what is measured
        with pysock.accept_loop(sock, sample=3) as loop:
            close_all(list(loop))
        waits = loop.stats.waits
        assert sum(waits.values()) == 3
        assert min(waits) >= 127, waits
        with pysock.accept_loop(sock, sample=0) as loop, clients(sock, 2):
            close_all(list(loop))
        assert loop.stats.waits == {}


def test_drops_of_a_full_queue_are_counted():
    with listener(backlog=0, timeout=0) as sock:
        with pysock.accept_loop(sock) as loop, clients(sock, 1):
            assert loop.stats.dropped == 0
            with pysock.socket() as late:
                late.setblocking(False)
                assert late.connect_ex(sock.getsockname()) == errno.EINPROGRESS
                until(lambda: loop.stats.dropped)
            close_all(list(loop))
        assert loop.stats.dropped >= 1


def stopped_by(action, timeout=None):
    """Iterate in a thread; how long after `action` it ended, and its loop."""
    ended = []

    def iterate():
        try:
            for sock, _ in loop:
                sock.close()
        finally:
            ended.append(time.monotonic())

    with listener(timeout=timeout) as sock, pysock.accept_loop(sock) as loop:
        thread = threading.Thread(target=iterate)
        thread.start()
        with clients(sock, 1):
            until(lambda: loop.stats.accepted == 1)
        address = sock.getsockname()
        started = time.monotonic()
        action(sock, loop)
        thread.join(20)
        assert not thread.is_alive()
        # The port is free, though the loop was waiting for it.
        if sock.fileno() == -1:
            with pytest.raises(errors.ConnectRefusedError):
                pysock.create_connection(address, timeout=5)
    return ended[0] - started


@pytest.mark.parametrize("timeout", [None, 30.0])
@pytest.mark.parametrize(
    ("action", "bound"),
    [
        (lambda sock, loop: sock.close(), 0.5),
        (lambda sock, loop: loop.close(), 0.5),
        (lambda sock, loop: sock.shutdown(pysock.SHUT_RD), 0.5),
        (lambda sock, loop: sock.abort(), 3),
    ],
    ids=["close", "loop.close", "shutdown", "abort"],
)
def test_another_thread_stops_it(action, bound, timeout):
    assert stopped_by(action, timeout) < bound


def test_ctrl_c_ends_it_at_once_and_nothing_stays_open():
    before = open_descriptors()
    with listener() as sock, pysock.accept_loop(sock) as loop:
        main = threading.main_thread().ident
        timer = threading.Timer(
            0.1, lambda: signal.pthread_kill(main, signal.SIGINT)
        )
        timer.start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            next(loop)
        assert time.monotonic() - started < 2
        timer.join()
        # And it is still good for more.
        with clients(sock, 1):
            next(loop)[0].close()
    assert open_descriptors() == before


def test_a_signal_with_a_handler_does_not_end_it():
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *args: seen.append(args))
    try:
        with listener(timeout=0.2) as sock, pysock.accept_loop(sock) as loop:
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            with pytest.raises(errors.AcceptTimeoutError):
                next(loop)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(seen) > 3


def test_close_closes_what_was_not_handed_over():
    before = open_descriptors()
    with listener() as sock, clients(sock, 5) as theirs:
        loop = pysock.accept_loop(sock)
        next(loop)[0].close()
        loop.close()
        loop.close()
        stats = loop.stats
        assert (stats.accepted, stats.unserved) == (1, 4)
        assert [client.recv(1) for client in theirs] == [b""] * 5
        assert list(loop) == []
        assert sock.fileno() != -1
    assert open_descriptors() == before


def test_descriptor_blocks_again_afterwards():
    with listener() as sock:
        with pysock.accept_loop(sock):
            assert not os.get_blocking(sock.fileno())
            assert sock.gettimeout() is None
        assert os.get_blocking(sock.fileno())
    with listener(timeout=1.0) as sock:
        with pysock.accept_loop(sock):
            pass
        assert not os.get_blocking(sock.fileno())


def test_one_of_two_loops_does_not_let_the_descriptor_block_again():
    with listener() as sock:
        first, second = pysock.accept_loop(sock), pysock.accept_loop(sock)
        first.close()
        assert not os.get_blocking(sock.fileno())
        second.close()
        assert os.get_blocking(sock.fileno())


def test_descriptor_that_another_process_lets_block_does_not():
    with (
        listener() as sock,
        clients(sock, 2),
        pysock.accept_loop(sock, batch=1) as loop,
    ):
        for _ in range(2):
            os.set_blocking(sock.fileno(), True)
            close_all([next(loop)])
            assert not os.get_blocking(sock.fileno())


def test_break_leaves_the_rest_for_the_next_iteration():
    with (
        listener(timeout=0) as sock,
        clients(sock, 3),
        pysock.accept_loop(sock) as loop,
    ):
        for ours, _ in loop:
            ours.close()
            break
        accepted = list(loop)
        assert len(accepted) == 2
        close_all(accepted)


def test_what_on_error_raises_goes_through_and_loses_nothing():
    def grumble(error, stats):
        raise LookupError

    with (
        listener(timeout=0) as sock,
        clients(sock, 3) as theirs,
        pysock.accept_loop(sock, on_error=grumble) as loop,
    ):
        reset(theirs[1])
        with pytest.raises(LookupError):
            next(loop)
        accepted = list(loop)
        assert len(accepted) == 2
        close_all(accepted)


def test_on_error_may_close_the_loop():
    with listener() as sock, clients(sock, 2) as theirs:
        loop = pysock.accept_loop(sock, on_error=lambda *args: loop.close())
        reset(theirs[0])
        assert list(loop) == []
        assert loop.stats.unserved == 1


@pytest.mark.parametrize(
    "wrong",
    [{"batch": 0}, {"sample": -1}, {"out_of_descriptors": "panic"}],
)
def test_arguments_are_checked(wrong):
    with listener() as sock, pytest.raises(ValueError, match=r"\w+ is "):
        pysock.accept_loop(sock, **wrong)


def test_what_is_no_listener_is_refused():
    with pysock.socket() as sock:
        with pytest.raises(errors.AcceptError) as caught:
            pysock.accept_loop(sock)
        assert caught.value.errno == errno.EINVAL
        sock.close()
        with pytest.raises(errors.ClosedSocketError):
            pysock.accept_loop(sock)
    with pytest.raises(TypeError, match="of pysock"):
        pysock.accept_loop(object())


def test_a_forked_child_does_not_change_the_mode_it_shares():
    with listener() as sock, pysock.accept_loop(sock) as loop:
        pid = os.fork()
        if pid == 0:
            loop.close()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert not os.get_blocking(sock.fileno())
        with clients(sock, 1):
            next(loop)[0].close()
