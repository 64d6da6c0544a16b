"""CPython's test_socket uses fixed names and ports: one run at a time.

Two lanes of CI share a network namespace, and with it the abstract names of
AF_UNIX. The lock is such a name too: a killed run gives it back.
"""

import contextlib
import errno
import socket

import pytest

NAME = "\0the suites of CPython, over pysock"


@pytest.fixture(scope="module")
def alone():
    with contextlib.closing(locked()):
        yield


def locked():
    """Bind the name, or wait until whoever has it is gone."""
    while True:
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(NAME)
            lock.listen(64)
            return lock
        except OSError as error:
            lock.close()
            if error.errno != errno.EADDRINUSE:
                raise
        # Nobody accepts: the end of the listener ends the connection.
        with (
            socket.socket(socket.AF_UNIX) as waiting,
            contextlib.suppress(ConnectionError),
        ):
            waiting.connect(NAME)
            waiting.recv(1)
