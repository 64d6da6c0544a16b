"""Start a server that ends when the test run does, however that ends.

A test run that is killed ends nothing that it has started. A keeper stands
between: a process of its own that starts the server, and ends it and all that
it has left behind, daemons and workers of other users too, when the run ends
or says so. It watches the run's process; nothing is open for it there.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

# For a program that changes its user nowhere and starts none: the kernel
# kills it when the thread that started it ends. It keeps its process number.
WHILE_WE_LIVE = ("setpriv", "--pdeathsig", "KILL")

# Seconds for a server to end by itself before it is killed.
_PATIENCE = 20

_PR_SET_CHILD_SUBREAPER = 36


def start(command, *, user=None, **options):
    """Start a server under a keeper: the Popen of the keeper.

    Its exit status is the server's. `user`: a (uid, gid) to run it as.
    `options` are Popen's.
    """
    who = "" if user is None else "{}:{}".format(*user)
    return subprocess.Popen(
        [sys.executable, "-I", __file__, str(os.getpid()), who,
         *map(str, command)],
        stdin=subprocess.DEVNULL, start_new_session=True, **options,
    )  # fmt: skip


def end(keeper):
    """End the server of a keeper, all that it has started, and wait."""
    keeper.terminate()
    keeper.wait(3 * _PATIENCE)


def _keep(run, who, command):
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    # What the server leaves behind becomes ours, not init's.
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("prctl(PR_SET_CHILD_SUBREAPER) failed")
    options = {}
    if who:
        user, _, group = who.partition(":")
        options = {"user": int(user), "group": int(group), "extra_groups": []}
    watch = select.poll()
    watch.register(told, select.POLLIN)
    watch.register(os.pidfd_open(run), select.POLLIN)
    if os.getppid() != run:
        return 1  # it has ended already
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, **options
    )
    watch.register(os.pidfd_open(server.pid), select.POLLIN)
    # Until the server or the run has ended, or the run says so.
    while [fd for fd, _ in watch.poll()] == [told]:
        if signal.SIGTERM in os.read(told, 512):
            break
    status = server.poll()
    # Politely first: a database wants to leave nothing half written.
    until = time.monotonic() + _PATIENCE
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
        while _is_left() and (left := until - time.monotonic()) > 0:
            os.killpg(server.pid, 0)
            _await_signal(told, left)
    while _is_left():
        _kill_children()
        _await_signal(told, 1)
    return 128 if status is None else status


def _await_signal(told, seconds):
    if select.select([told], [], [], seconds)[0]:
        os.read(told, 512)


def _kill_children():
    for status in Path("/proc").glob("[0-9]*/stat"):
        # Its name may hold anything; behind its bracket: state, parent.
        with contextlib.suppress(OSError):
            fields = status.read_text(errors="replace").rpartition(")")[2]
            if int(fields.split()[1]) == os.getpid():
                os.kill(int(status.parent.name), signal.SIGKILL)


def _is_left():
    """Whether a child is left; those that have ended are waited for."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(_keep(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
