"""Threads that close, processes that fork, and a great many sockets."""

import errno
import gc
import os
import resource
import select
import signal
import socket
import threading
import time
import warnings
from pathlib import Path

import pytest

import pysock
from pysock import TcpState, errors, testing
from support.failure_check import caught
from support.loopback import (
    listen,
    pair_of,
    state_of,
    wait_for_state,
    wait_until,
)
from support.requirements import skip_or_fail


class Blocked:
    """One call in a thread of its own, and what came of it."""

    def __init__(self, call, *args):
        self.outcome = None
        self.thread = threading.Thread(target=self.run, args=(call, *args))
        self.thread.start()
        wait_until(lambda: self.in_the_kernel(), "a blocked thread")

    def run(self, call, *args):
        try:
            self.outcome = call(*args)
        except Exception as error:
            self.outcome = error

    def in_the_kernel(self):
        """Sleeping, and in no lock of the interpreter: it is in the call."""
        task = f"/proc/self/task/{self.thread.native_id}/wchan"
        with Path(task).open() as file:
            where = file.read()
        return where not in ("0", "") and "futex" not in where

    def join(self):
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.outcome


def test_shutdown_from_another_thread_ends_recv(pair):
    client, _ = pair
    blocked = Blocked(client.recv, 1)
    client.shutdown(socket.SHUT_RDWR)
    assert blocked.join() == b""


def test_shutdown_from_another_thread_ends_accept(listener):
    blocked = Blocked(listener.accept)
    listener.shutdown(socket.SHUT_RDWR)
    error = blocked.join()
    assert isinstance(error, errors.AcceptError)
    assert error.errno == errno.EINVAL


@pytest.mark.parametrize("timeout", [None, 0.5])
def test_close_from_another_thread_during_accept(family, listener, timeout):
    """close(2) wakes nobody.

    A blocked accept(2) ends with the next connection, a wait with its time.
    """
    listener.settimeout(timeout)
    address = listener.getsockname()
    blocked = Blocked(listener.accept)
    listener.close()
    with socket.socket(family.number) as client:
        client.connect_ex(address)
        outcome = blocked.join()
    if isinstance(outcome, tuple):
        outcome[0].close()
    else:
        # As in the standard module, whose wait this is.
        assert isinstance(
            outcome, (errors.ClosedSocketError, errors.AcceptTimeoutError)
        )


@pytest.mark.parametrize("timeout", [None, 20.0])
def test_close_from_another_thread_during_recv(pair, timeout):
    client, server = pair
    client.settimeout(timeout)
    blocked = Blocked(client.recv, 1)
    client.close()
    server.close()
    outcome = blocked.join()
    assert outcome == b"" or isinstance(outcome, errors.ClosedSocketError)


@pytest.mark.parametrize("timeout", [None, 20.0])
def test_close_during_connect_does_not_touch_the_next_owner(family, timeout):
    """The descriptor's number is given to another socket at once.

    A blocking connect(2) goes on with the file that it has; a wait with a
    timeout meets a closed socket. The standard module is the control.
    """

    def outcome(module, queue):
        sock = module.socket(family.number)
        sock.settimeout(timeout)
        fd = sock.fileno()
        blocked = Blocked(sock.connect, family.with_port(queue.port))
        sock.close()
        with socket.socket(family.number) as other:
            assert other.fileno() == fd
            other.setblocking(False)
            queue.heal()
            # The SYN is repeated within a second, and the wait ends.
            ended = blocked.join()
            assert state_of(other) == TcpState.CLOSE
            assert other.getsockname()[1] == 0
            assert not os.get_blocking(fd)
        return ended

    with testing.full_queue(host=family.host) as queue:
        ours = outcome(pysock, queue)
    with testing.full_queue(host=family.host) as queue:
        standard = outcome(socket, queue)
    assert getattr(ours, "args", ours) == getattr(standard, "args", standard)
    if timeout is not None:
        assert isinstance(ours, errors.ClosedSocketError)


def test_many_threads_accept_from_one_listener(family):
    count, each = 4, 50
    with listen(pysock, family, backlog=count * each) as listener:
        peers, lock = [], threading.Lock()

        def serve():
            for _ in range(each):
                sock, address = listener.accept()
                with sock, lock:
                    assert sock.getpeername() == address
                    peers.append(address)

        threads = [threading.Thread(target=serve) for _ in range(count)]
        for thread in threads:
            thread.start()
        names = []
        for _ in range(count * each):
            client = socket.create_connection(listener.getsockname()[:2])
            names.append(client.getsockname())
            client.close()
        for thread in threads:
            thread.join(20)
    assert sorted(peers) == sorted(names)


def in_child(action):
    """Fork, run the action, and give the child's exit status."""
    with warnings.catch_warnings():
        # The interpreter warns of just what is tried here: a fork beside
        # threads. 3.15 raises the warning where one is an error.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return status_of(pid)


def status_of(pid, seconds=20):
    """The exit status of a child; one that hangs is killed."""
    pidfd = os.pidfd_open(pid)
    ended = select.select([pidfd], [], [], seconds)[0]
    os.close(pidfd)
    if not ended:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    assert ended, "the child hangs"
    return os.waitstatus_to_exitcode(status)


def test_fork_during_a_connect(family, full_queue, silent_address):
    with pysock.socket(family.number) as sock:
        sock.settimeout(20)
        blocked = Blocked(sock.connect, silent_address)

        def go_on():
            # The child has the descriptor, and no thread in a connect.
            assert sock.tcp_state() == TcpState.SYN_SENT
            sock.close()

        assert in_child(go_on) == 0
        full_queue.heal()
        assert blocked.join() is None
        assert sock.tcp_state() in (
            TcpState.ESTABLISHED,
            TcpState.CLOSE_WAIT,
        )


def test_a_child_that_shuts_down_is_not_called_this_program(pair):
    client, _ = pair
    assert in_child(lambda: client.shutdown(socket.SHUT_RDWR)) == 0
    for call, argument in ((client.send, b"x"), (client.recv_exactly, 1)):
        told = caught(call, argument).explain()
        assert "this program" not in told.why
        assert "another process" in told.try_


def test_fork_shares_a_connection(pair):
    client, server = pair
    assert in_child(lambda: client.sendall(b"from the child")) == 0
    assert server.recv_exactly(14) == b"from the child"
    server.close()
    wait_for_state(client, TcpState.CLOSE_WAIT)


@pytest.mark.slow
def test_ten_thousand_sockets(family):
    """As many as one process may have, all with a failure behind them."""
    wanted = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted + 500:
        skip_or_fail(f"RLIMIT_NOFILE is at most {hard}, not {wanted + 500}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + 500, hard))
    socks = []
    try:
        with listen(pysock, family, backlog=4096) as listener:
            address = listener.getsockname()
            while len(socks) < wanted:
                client = pysock.socket(family.number)
                client.connect(address)
                server, _ = listener.accept()
                socks += [client, server]
            for sock in socks:
                sock.setblocking(False)
                assert type(caught(sock.recv, 1)) is (
                    errors.TransferWouldBlockError
                )
            assert socks[-1].tcp_state() == TcpState.ESTABLISHED
    finally:
        for sock in socks:
            sock.abort()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_no_memory_is_kept_by_failures(family, refusing_address):
    """Neither exceptions nor readings pile up."""

    def once():
        with pysock.socket(family.number) as sock:
            caught(sock.connect, refusing_address)
        with pair_of(pysock, family) as (client, _):
            client.setblocking(False)
            caught(client.recv, 1)
            client.tcp_info().as_dict()

    once()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(100):
        once()
    gc.collect()
    assert len(gc.get_objects()) - before < 100


def test_close_is_prompt_while_another_thread_is_in_tcp_info(pair):
    stop = time.monotonic() + 0.2
    client, _ = pair
    failures = []

    def ask():
        try:
            while time.monotonic() < stop:
                client.tcp_info()
        except errors.SocketError as error:
            failures.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    client.close()
    thread.join(10)
    assert failures in ([], [errors.ClosedSocketError])


@pytest.mark.parametrize("what", ["loop", "listener"])
def test_a_child_closes_a_loop_for_which_a_thread_of_the_parent_waits(
    family, what
):
    with listen(pysock, family) as listener:
        loop = pysock.accept_loop(listener)
        blocked = Blocked(next, loop)
        assert in_child((loop if what == "loop" else listener).close) == 0
        # The parent's is not touched by it.
        assert not os.get_blocking(listener.fileno())
        with socket.create_connection(listener.getsockname()[:2]):
            accepted, _ = blocked.join()
        accepted.close()
        loop.close()


def test_a_child_does_not_stretch_the_timeout_of_its_parents_loop(family):
    """Closing in the child writes to an eventfd that both have."""
    with listen(pysock, family) as listener:
        listener.settimeout(0.3)
        loop = pysock.accept_loop(listener)
        started = time.monotonic()
        blocked = Blocked(next, loop)
        for _ in range(3):
            assert in_child(loop.close) == 0
        error = blocked.join()
        assert isinstance(error, errors.AcceptTimeoutError)
        assert 0.3 <= time.monotonic() - started < 20
        assert error.elapsed == 0.3
        loop.close()
