"""Descriptors that every C function must answer with the right errno."""

import os
import socket

import pytest


@pytest.fixture
def closed_fd():
    """A number that no open descriptor has: above any limit."""
    return 2**30


@pytest.fixture
def file_fd():
    """An open descriptor that is no socket."""
    fd = os.open("/dev/null", os.O_RDWR)
    yield fd
    os.close(fd)


@pytest.fixture
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield sock


@pytest.fixture
def unix():
    with socket.socket(socket.AF_UNIX) as sock:
        yield sock
