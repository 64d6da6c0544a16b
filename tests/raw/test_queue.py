"""listen_queue(): the numbers of a listener's two queues, made for real."""

import errno
import os
import pickle
import socket
import threading
import time

import pytest

import pysock
from pysock import ListenQueue, errors
from support import loopback
from support.knocking import close_all, knock
from support.quiet import drop, quiet, quiet_namespace  # noqa: F401


def test_length_grows_and_accept_takes_one_off(family):
    with loopback.listen(pysock, family, backlog=7) as listener:
        assert listener.listen_queue() == ListenQueue(0, 7, 0)
        clients = knock(listener.getsockname(), 3)
        loopback.wait_until(
            lambda: listener.listen_queue().length == 3, "three waiting"
        )
        server, _ = listener.accept()
        queue = listener.listen_queue()
        assert (queue.length, queue.limit, queue.dropped) == (2, 7, 0)
        assert not queue.is_full
        close_all([server, *clients])


def test_full_queue_drops_and_says_so(family):
    with loopback.listen(pysock, family, backlog=0) as listener:
        clients = knock(listener.getsockname(), 4)
        loopback.wait_until(
            lambda: listener.listen_queue().dropped >= 3, "dropped SYNs"
        )
        queue = listener.listen_queue()
        assert queue.is_full
        assert (queue.length, queue.limit) == (1, 0)
        close_all(clients)


def test_limit_follows_listen():
    with socket.create_server(("127.0.0.1", 0), backlog=3) as listener:
        assert pysock.listen_queue(listener).limit == 3
        listener.listen(9)
        assert pysock.listen_queue(listener).limit == 9
        assert pysock.listen_queue(listener.fileno()).limit == 9


def test_what_does_not_listen(pair):
    with pytest.raises(errors.NotListeningError) as info:
        pair[0].listen_queue()
    assert info.value.errno == errno.EINVAL
    assert "ESTABLISHED" in str(info.value)
    assert info.value.local_address == pair[0].getsockname()
    with pysock.socket() as fresh, pytest.raises(errors.NotListeningError):
        fresh.listen_queue()


def test_what_is_not_tcp():
    reading, writing = os.pipe()
    try:
        with pytest.raises(errors.NotTcpError, match="a pipe"):
            pysock.listen_queue(reading)
    finally:
        os.close(reading)
        os.close(writing)
    udp = pysock.socket(type=socket.SOCK_DGRAM)
    with udp, pytest.raises(errors.NotTcpError, match="SOCK_DGRAM"):
        udp.listen_queue()
    with pysock.socket() as closed:
        pass
    with pytest.raises(errors.ClosedSocketError):
        closed.listen_queue()
    with pytest.raises(TypeError):
        pysock.listen_queue("a string")


def test_record_is_frozen_and_pickles():
    queue = ListenQueue(2, 1, 3)
    assert pickle.loads(pickle.dumps(queue)) == queue
    assert queue.is_full
    with pytest.raises(AttributeError):
        queue.length = 5


def test_asking_takes_no_descriptor_and_no_walk(listener):
    # A walk of the table would need one.
    first = os.open("/dev/null", os.O_RDONLY)
    os.close(first)
    listener.listen_queue()
    second = os.open("/dev/null", os.O_RDONLY)
    os.close(second)
    assert first == second


def test_wait_in_the_queue(family):
    with loopback.listen(pysock, family) as listener:
        [client] = knock(listener.getsockname(), 1)
        loopback.wait_readable(listener)
        waited_s = 0.3
        threading.Event().wait(waited_s)
        started = time.monotonic()
        server, _ = listener.accept()
        with server, client:
            wait = server.tcp_info().queue_wait_ms
            slack = (time.monotonic() - started) * 1000 + 500
            # A tick of the kernel is 10 ms at most.
            assert waited_s * 1000 - 10 <= wait <= waited_s * 1000 + slack
            server.sendall(b"x")
            assert server.tcp_info().queue_wait_ms is None
        assert listener.tcp_info().queue_wait_ms is None


def test_wait_counts_from_the_handshake_not_from_the_data():
    with loopback.listen(pysock, loopback.IPV4) as listener:
        [client] = knock(listener.getsockname(), 1)
        loopback.wait_readable(listener)
        threading.Event().wait(0.2)
        client.send(b"late")
        server, _ = listener.accept()
        with server, client:
            assert server.tcp_info().queue_wait_ms >= 190
