"""connect does what the standard method does, whatever the descriptor is like.

Each script is run with the standard module too, and what it gives compared.
"""

import os
import socket as standard
import struct
import sys
import threading

import pytest

import pysock
from pysock import TcpState, testing
from support import child
from support.failure_check import caught
from support.loopback import IPV4, listen, pair_of, state_of

SHORT = struct.pack("ll", 0, 200_000)  # a struct timeval: 0.2 s


def outcome(call, *args):
    """What a call gives or raises, as both modules write it."""
    try:
        return call(*args)
    except OSError as error:
        return type(OSError(*error.args)), error.args


@pytest.fixture
def silent_address():
    with testing.full_queue() as address:
        yield address


@pytest.mark.timeout(30)
def test_a_send_timeout_of_the_kernel_ends_a_blocking_connect(silent_address):
    """SO_SNDTIMEO: EINPROGRESS after 0.2 s."""

    def script(module):
        with module.socket() as sock:
            sock.setsockopt(standard.SOL_SOCKET, standard.SO_SNDTIMEO, SHORT)
            return outcome(sock.connect, silent_address)

    assert script(pysock) == script(standard)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("shared", [False, True])
def test_a_descriptor_that_others_made_nonblocking_stays_so(
    silent_address, shared
):
    """The timeout is None, the open file says O_NONBLOCK."""

    def script(module):
        with module.socket() as sock, sock.dup() as other:
            who = other if shared else sock
            os.set_blocking(who.fileno(), False)
            said = outcome(sock.connect, silent_address)
            return said, os.get_blocking(sock.fileno())

    assert script(pysock) == script(standard)


@pytest.mark.parametrize("timeout", [None, 5.0])
def test_connecting_a_connected_socket_does_not_touch_its_reader(timeout):
    """Another thread receives meanwhile; it never would block."""
    rounds = 3000
    with pair_of(pysock, IPV4) as (client, server):
        client.settimeout(timeout)
        address = server.getsockname()
        seen = []

        def read():
            try:
                while client.recv(1):
                    pass
            except OSError as error:
                seen.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            for _ in range(rounds):
                server.send(b"x")
                caught(client.connect, address)
        finally:
            sys.setswitchinterval(interval)
            server.shutdown(standard.SHUT_WR)
            reader.join(20)
        assert seen == []


def at_line(number, work, meanwhile):
    """Do `meanwhile` before a line of the drop-in; whether it has so many.

    As another thread would, but not by chance.
    """
    lines = 0

    def trace(frame, event, _):
        nonlocal lines
        if "/pysock/dropin/" not in frame.f_code.co_filename:
            return None
        if event == "line":
            lines += 1
            if lines == number:
                meanwhile()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines >= number


@pytest.mark.parametrize("timeout", [None, 5.0])
def test_a_stranger_s_socket_is_never_connected(timeout):
    """Another thread closes the socket, and its number is used again."""
    number, reached = 0, True
    with listen(standard, IPV4, backlog=128) as target:
        address = target.getsockname()
        while reached:
            number += 1
            sock = pysock.socket()
            sock.settimeout(timeout)
            fd, strangers = sock.fileno(), []

            def close_and_reuse(sock=sock, strangers=strangers):
                sock.close()
                strangers.append(standard.socket())

            reached = at_line(
                number,
                lambda sock=sock: outcome(sock.connect, address),
                close_and_reuse,
            )
            sock.close()
            for stranger in strangers:
                with stranger:
                    assert stranger.fileno() == fd
                    assert state_of(stranger) == TcpState.CLOSE, number
                    assert os.get_blocking(fd)
    assert number > 2


NO_DESCRIPTORS = """
import resource, sys, importlib
module = importlib.import_module(sys.argv[1])
with module.create_server(("127.0.0.1", 0)) as server:
    for timeout in (None, 5.0, 0.0):
        with module.socket() as sock:
            sock.settimeout(timeout)
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
            try:
                print(sock.connect(server.getsockname()))
            except OSError as error:
                print(error.args)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
"""


def test_no_descriptor_left_is_nothing_to_connect():
    """poll(2) refuses to wait where the limit is 0; connect(2) does not."""
    ours, theirs = (
        child.run(NO_DESCRIPTORS, name).stdout for name in ("pysock", "socket")
    )
    assert ours == theirs
    assert theirs.startswith("None\n")


def test_audit_hooks_see_the_same_events():
    script = """
        import importlib, sys
        seen = []
        module = importlib.import_module(sys.argv[1])
        server = module.create_server(("127.0.0.1", 0))
        sys.addaudithook(
            lambda name, args: seen.append(name)
            if name.startswith("socket") else None
        )
        with module.socket() as sock:
            sock.connect(("localhost", server.getsockname()[1]))
        print(seen)
        server.close()
    """
    ours, theirs = (
        child.run(script, name).stdout for name in ("pysock", "socket")
    )
    assert ours == theirs
