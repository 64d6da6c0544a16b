"""What a refused connect costs more than the standard one's: five questions.

The kernel is asked once for each thing that the next connect, or the close,
would take away; who adds a call pays for it on every refusal.
"""

import shutil

import pytest

from support.requirements import skip_or_fail
from support.syscalls import trace

PROGRAM = """
import contextlib, os, sys
import pysock
if sys.argv[1] == "noted":
    import socket
    pysock.install()
else:
    socket = pysock
with socket.socket() as bound, socket.socket() as first, socket.socket() as s:
    bound.bind(("127.0.0.1", 0))
    # The first failure of a process may load something.
    for sock, name in ((first, b""), (s, b"refused"), (s, b"again")):
        with contextlib.suppress(OSError):
            os.write(-1, name)
        with contextlib.suppress(ConnectionRefusedError):
            sock.connect(bound.getsockname())
    with contextlib.suppress(OSError):
        os.write(-1, b"")
"""

ASKED = [
    ("getsockopt(", "TCP_INFO"),
    ("getsockopt(", "SO_PEERNAME"),
    ("getsockname(", ""),
    ("recvmsg(", "MSG_ERRQUEUE"),
    ("getsockopt(", "SO_NETNS_COOKIE"),
]


@pytest.mark.parametrize("face", ["typed", "noted"])
def test_the_kernel_is_asked_once_for_each(tmp_path, face):
    if shutil.which("strace") is None:
        skip_or_fail("the program strace is missing")
    [calls] = trace(["-c", PROGRAM, face], tmp_path)
    for attempt in ("refused", "again"):
        made = [line for chapter, line in calls if chapter == attempt]
        before = [line for line in made if "ECONNREFUSED" in line]
        assert len(before) == 1
        after = made[made.index(before[0]) + 1 :]
        assert len(after) == len(ASKED), after
        for line, (name, what) in zip(after, ASKED, strict=True):
            assert line.startswith(name)
            assert what in line
