"""inside(): another network namespace, by a process or by a name."""

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab.capabilities import call_without_capabilities
from lab.namespace import MY_NAMESPACE, Namespace
from pysock import errors, sock_diag
from pysock.sock_diag.namespace import inside, is_elsewhere

pytest_plugins = ["lab.fixtures"]

SO_COOKIE = 57


def here():
    return str(Path(MY_NAMESPACE).readlink())


def listening():
    return [entry.local for entry in sock_diag.sockets("LISTEN")]


@pytest.fixture
def elsewhere(lab_is_possible):
    """A process in a namespace of its own, and a listener there."""
    namespace = Namespace()
    try:
        with namespace.entered():
            namespace.ip("link set lo up")
            child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
            server = socket.create_server(("127.0.0.1", 0))
        with child, server:
            yield child.pid, server.getsockname()
    finally:
        namespace.close()


def test_by_a_process(elsewhere):
    pid, address = elsewhere
    before = here()
    assert inside(pid, listening) == [address]
    there = str(Path(f"/proc/{pid}/ns/net").readlink())
    assert inside(pid, here) == there != before
    assert here() == before
    assert address not in listening()
    assert is_elsewhere(pid) is True


def test_own_place_takes_no_right_and_no_thread():
    names = inside(os.getpid(), threading.current_thread)
    assert names is threading.current_thread()
    assert inside(None, here) == here()
    assert is_elsewhere(os.getpid()) is False
    assert call_without_capabilities(lambda: inside(os.getpid(), here))


def test_what_the_function_raises_comes_out(elsewhere):
    def fail():
        raise KeyError(here())

    with pytest.raises(KeyError) as caught:
        inside(elsewhere[0], fail)
    assert caught.value.args != (here(),)


def test_without_the_right(elsewhere):
    with pytest.raises(errors.DiagDeniedError) as caught:
        call_without_capabilities(lambda: inside(elsewhere[0], here))
    assert caught.value.errno in (errno.EPERM, errno.EACCES)
    # Nobody has wanted to kill a socket.
    assert caught.value.explain().why == (
        "this user may not look into that network namespace"
    )


def test_no_such_process_or_name():
    for netns in (2**22 + 1, "no-such-network"):
        with pytest.raises(errors.DiagError) as caught:
            inside(netns, here)
        assert caught.value.errno == errno.ENOENT
        assert str(netns) in str(caught.value)
        assert caught.value.explain().why == (
            "there is no such network namespace, or no such process"
        )
    assert is_elsewhere(2**22 + 1) is None


@pytest.mark.parametrize("netns", [0, -1, True, "", ".", "..", "a/b", 1.5])
def test_neither_a_name_nor_a_process(netns):
    with pytest.raises(ValueError, match="ip netns"):
        inside(netns, here)


def test_by_a_name(elsewhere):
    name = f"pysock-test-{os.getpid()}"
    done = subprocess.run(
        ["/sbin/ip", "netns", "attach", name, str(elsewhere[0])],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    try:
        assert inside(name, listening) == [elsewhere[1]]
    finally:
        subprocess.run(["/sbin/ip", "netns", "delete", name], check=True)


def test_netns_of_each_call(elsewhere):
    """Listed, found, killed there; and its end is told from there."""
    pid, address = elsewhere
    [listener] = sock_diag.sockets("LISTEN", netns=pid, processes=True)
    assert listener.local == address
    assert os.getpid() in {one.pid for one in listener.processes}
    found = sock_diag.find(address, netns=pid)
    assert found.cookie == listener.cookie
    assert sock_diag.find(address) is None
    with sock_diag.obituaries(10, netns=pid) as deaths:
        assert sock_diag.destroy(address) is None
        dry = sock_diag.destroy(address, netns=pid, dry_run=True)
        assert dry.cookie == listener.cookie
        killed = sock_diag.destroy(listener, netns=pid)
        assert killed.cookie == listener.cookie
        assert sock_diag.find(address, netns=pid) is None
        client = inside(pid, socket.socket)
        cookie = client.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8)
        client.close()
        wanted = int.from_bytes(cookie, sys.byteorder)
        assert any(one.cookie == wanted for one in deaths)


def test_netns_that_cannot_be(elsewhere):
    for call in (
        sock_diag.sockets,
        sock_diag.obituaries,
        lambda netns: sock_diag.find(("127.0.0.1", 9), netns=netns),
        lambda netns: sock_diag.destroy(("127.0.0.1", 9), netns=netns),
    ):
        with pytest.raises(errors.DiagError) as caught:
            call(netns="no-such-network")
        assert caught.value.errno == errno.ENOENT
        with pytest.raises(ValueError, match="ip netns"):
            call(netns="a/b")
        with pytest.raises(errors.DiagDeniedError):
            call_without_capabilities(
                lambda call=call: call(netns=elsewhere[0])
            )
