"""waits(): each call that a thread can wait in, and on which descriptors."""

import os

import pytest

from lab.services import service
from lab.waiting import until
from pysock.sock_diag.waiting import waits

# What a child does, the call that it waits in, and its descriptors: a is one
# end of a pair of sockets, b the other.
CASES = {
    "recv": ("a.recv(1)", {"recvfrom"}, {("a", "read")}),
    "recvmsg": ("a.recvmsg(1)", {"recvmsg"}, {("a", "read")}),
    "read": ("os.read(a.fileno(), 1)", {"read"}, {("a", "read")}),
    "send": ("a.sendall(bytes(1 << 24))", {"sendto"}, {("a", "write")}),
    "write": (
        "os.write(a.fileno(), bytes(1 << 24))",
        {"write"},
        {("a", "write")},
    ),
    "timeout": (
        "a.settimeout(99); a.recv(1)",
        {"poll", "ppoll"},
        {("a", "read")},
    ),
    "accept": ("server.accept()", {"accept4", "accept"}, {("server", "read")}),
    "select": (
        "select.select([a, b], [], [])",
        {"select", "pselect6"},
        {("a", "read"), ("b", "read")},
    ),
    "epoll": (
        "e = select.epoll(); e.register(a, 1); e.register(b, 4 | 1 << 31); "
        "e.poll(); e.poll()",
        {"epoll_wait", "epoll_pwait"},
        {("a", "read"), ("b", "write")},
    ),
    "lock": ("threading.Event().wait()", {"futex"}, set()),
}


@pytest.mark.parametrize("case", CASES)
def test_call(case):
    code, calls, fds = CASES[case]
    script = f"""
import os, select, threading
a, b = socket.socketpair()
server = socket.create_server((sys.argv[1], 0))
os.dup2(a.fileno(), 100)
os.dup2(b.fileno(), 101)
os.dup2(server.fileno(), 102)
a, b, server = (
    socket.socket(fileno=fd) for fd in (100, 101, 102))
ready()
{code}
"""
    numbers = {"a": 100, "b": 101, "server": 102}
    wanted = {(numbers[name], way) for name, way in fds}
    with service(script, "127.0.0.1") as pid:
        seen = []

        def is_there():
            seen[:] = waits(pid)
            return any(wait.call in calls for wait in seen)

        until(is_there, what=f"thread in {calls}")
        [wait] = [one for one in seen if one.call in calls]
        assert wait.thread == pid
        assert set(wait.fds) == wanted
        assert wait.timeout == (99 if wait.call == "poll" else None)
        until(lambda: waits(pid)[0].asleep > 0.05, what="longer sleep")


def test_threads_and_one_that_runs():
    script = """
a, b = socket.socketpair()
threading.Thread(target=lambda: a.recv(1), daemon=True).start()
ready()
while True:
    pass
"""
    with service(script, "127.0.0.1") as pid:
        until(
            lambda: {"recvfrom"} < {wait.call for wait in waits(pid)},
            what="thread in recv",
        )
        assert len(waits(pid)) == 2


def test_nobody():
    with pytest.raises(FileNotFoundError):
        waits(2**22 + 1)


def test_itself_runs():
    own = {wait.thread: wait for wait in waits(os.getpid())}
    assert own[os.getpid()].name
