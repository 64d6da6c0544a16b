"""Where no module can be loaded any more, every call does what it did.

After a chroot into an empty folder, and with no descriptor left: the same
outcomes as with the standard module, whose own are the control.
"""

import os

import pytest

from support import child
from support.requirements import skip_or_fail

SCRIPT = """
    import importlib, os, resource, sys, tempfile, threading
    import selectors  # which the sendfile of 3.15 loads when it runs
    name, where = sys.argv[1:]
    socket = importlib.import_module(name)

    file = tempfile.TemporaryFile()
    file.write(b"x" * 100)
    left, right = socket.socketpair()
    made = [socket.socket() for _ in range(6)]
    server, client, refused, dead, waiting, bound = made
    for sock in (server, bound):
        sock.bind(("127.0.0.1", 0))

    def outcome(call, *args):
        try:
            said = call(*args)
        except OSError as error:
            kind = type(OSError(*error.args))
            return f"{kind.__name__} {error.args}"
        return "done" if not isinstance(said, (int, bytes)) else repr(said)

    if where == "chroot":
        os.chroot(tempfile.mkdtemp())
        os.chdir("/")
    else:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            while True:
                os.dup(2)
        except OSError:
            pass

    print("listen", outcome(server.listen))
    print("connect", outcome(client.connect, server.getsockname()))
    waiting.settimeout(0.01)
    print("refused", outcome(waiting.connect, bound.getsockname()))
    print("refused", outcome(refused.connect, bound.getsockname()))
    try:
        accepted, _ = server.accept()
    except OSError as error:
        print("accept", error.args)
    else:
        print("accept", accepted.gettimeout())
        file.seek(0)
        print("sendfile", outcome(accepted.sendfile, file))
        print("recv", outcome(client.recv, 100))
        accepted.settimeout(0.01)
        print("timeout", outcome(accepted.recv, 1))
        accepted.close()
        print("end", outcome(client.recv, 1))
        print("send", outcome(client.send, b"x"))
    print("pair", outcome(left.send, b"x"), outcome(right.recv, 1))
    file.seek(0)
    print("sendfile", outcome(left.sendfile, file))
    left.setblocking(False)
    print("would block", outcome(left.recv, 1))
    print("unconnected", outcome(dead.recv, 1), outcome(dead.getpeername))
    print("more", outcome(socket.socket), outcome(socket.socketpair))
    server.setblocking(False)
    print("empty", outcome(server.accept))
    print("name", outcome(dead.connect, ("no-such.invalid", 1)))
    for sock in made:
        sock.close()
    print("closed", outcome(server.accept), outcome(server.listen))
"""


@pytest.mark.parametrize("where", ["chroot", "descriptors"])
def test_as_the_standard_module(where):
    if where == "chroot" and os.geteuid() != 0:
        skip_or_fail("chroot(2) needs root (CAP_SYS_CHROOT)")
    ours, theirs = (
        child.run(SCRIPT, name, where).stdout.splitlines()
        for name in ("pysock", "socket")
    )
    assert ours == theirs
    assert "listen done" in theirs
