"""An errno by its words: of either C library, whichever this runs on."""

import errno
import os

import pytest

from pysock.explain.errno_texts import says


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("connect: No route to host", "EHOSTUNREACH"),
        ("connect: Host is unreachable", "EHOSTUNREACH"),
        ("connection to 192.0.2.1 failed: Connection timed out", "ETIMEDOUT"),
        ("Operation timed out", "ETIMEDOUT"),
        ("[Errno 110] Operation timed out", "ETIMEDOUT"),
        ("bind: Address in use", "EADDRINUSE"),
        ("Cannot assign requested address", "EADDRNOTAVAIL"),
        ("bind: Address not available", "EADDRNOTAVAIL"),
        ("accept4: No file descriptors available", "EMFILE"),
        ("send: Socket not connected", "ENOTCONN"),
        ("send: Transport endpoint is not connected", "ENOTCONN"),
        ("accept: Software caused connection abort", "ECONNABORTED"),
        ("accept: Connection aborted", "ECONNABORTED"),
        ("Connection refused", "ECONNREFUSED"),
    ],
)
def test_words_of_both_libraries(line, name):
    assert says(line, getattr(errno, name))


@pytest.mark.parametrize("name", sorted(vars(errno)))
def test_words_of_this_one(name):
    number = getattr(errno, name)
    if name.startswith("E"):
        assert says(f"call: {os.strerror(number)}", number)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("TimeoutError: The handshake operation timed out", "ETIMEDOUT"),
        ("TimeoutError: The read operation timed out", "ETIMEDOUT"),
        ("[Errno -8] Servname not supported for ai_socktype", "EOPNOTSUPP"),
        ("socket: Protocol not supported", "EOPNOTSUPP"),
        ("('Connection aborted.', RemoteDisconnected())", "ECONNABORTED"),
    ],
)
def test_words_of_others(line, name):
    assert not says(line, getattr(errno, name))
