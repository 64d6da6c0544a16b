"""A listener with a timeout and a long queue, from which it has accepted.

The interpreter's C is told a timeout of 0 then, so that it does not poll.
"""

import _socket
import contextlib
import os
import socket as standard
import time

import pytest

from pysock import errors
from support.queued import clients, close_all, listener

MANY = 40
TIMEOUT = 0.2


def timeout_of_c(sock):
    return _socket.socket.gettimeout(sock)


@contextlib.contextmanager
def busy_listener(timeout=TIMEOUT, host="127.0.0.1", many=MANY):
    """A listener from whose long queue one connection was accepted."""
    with (
        listener(host, timeout=timeout) as sock,
        clients(sock, many) as connected,
    ):
        first, _ = sock.accept()
        with first:
            assert timeout_of_c(sock) == 0
            yield sock, connected


def take(sock, count):
    """Accept so many as another process does that has the descriptor."""
    with standard.socket(fileno=os.dup(sock.fileno())) as other:
        close_all([other.accept() for _ in range(count)])


def times_out(sock, timeout=TIMEOUT):
    started = time.monotonic()
    with pytest.raises(errors.AcceptTimeoutError) as caught:
        sock.accept()
    assert time.monotonic() - started >= timeout
    assert caught.value.elapsed == timeout
    assert caught.value.__context__ is None
    assert caught.value.tcp_info is not None
