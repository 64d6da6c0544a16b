"""Meet failures as a script would: each in a process of its own, uncaught.

    python [-m pysock run] driver.py COLUMN FOLDER < cells

The client is imported once, then there is a child for each cell: what its
code raises ends it as it would end a script, and stderr is kept in FOLDER.
Under `pysock run` the script is the same; only what `pysock.why()` says is
written down beside.
"""

import ctypes
import importlib
import json
import os
import select
import signal
import sys
import time
import types
from pathlib import Path

# Seconds until a child is ended: one that is expected to wait for ever, and
# one that is not.
LIMIT_S = {True: 6.0, False: 60.0}
# Children that compute, side by side; those that wait are not counted.
AT_ONCE = 2

_COLUMNS = Path(__file__).with_name("columns")
_MOST_LINKS = 20


def main(column, folder):
    cells = json.loads(sys.stdin.readline())
    sys.path.insert(0, str(_COLUMNS))
    client = importlib.import_module(column).client
    waiting, busy = {}, {}
    for cell in sorted(cells, key=lambda cell: not cell["idles"]):
        while len(busy) >= AT_ONCE:
            _reap(busy)
        pid = os.fork()
        if pid == 0:
            place = Path(folder, cell["row"])
            _become(cell, place)
            _meet(client, cell, place)
            return
        until = time.monotonic() + LIMIT_S[cell["waits"]]
        (waiting if cell["idles"] else busy)[os.pidfd_open(pid)] = pid, until
    for children in (busy, waiting):
        while children:
            _reap(children)


def _become(cell, place):
    """What is inherited and a script would not have is dropped."""
    stderr = os.open(f"{place}.stderr", os.O_CREAT | os.O_WRONLY)
    os.dup2(stderr, 2)
    if cell["at"] is not None:
        _enter(cell["at"])


def _enter(pid):
    """Go where a network of its own is, as `ip netns exec` would."""
    libc = ctypes.CDLL(None, use_errno=True)
    for kind in ("user", "net"):
        there, here = (f"/proc/{who}/ns/{kind}" for who in (pid, "self"))
        if os.stat(there).st_ino == os.stat(here).st_ino:  # noqa: PTH116
            continue
        fd = os.open(there, os.O_RDONLY)
        if libc.setns(fd, 0) != 0:
            raise OSError(ctypes.get_errno(), f"setns {kind}")
        os.close(fd)


def _meet(client, cell, place):
    def pause():
        if cell["pauses"]:
            os.write(1, b"paused\n")
            os.read(0, 1)

    outcome = {"raised": None, "heard": []}
    if "pysock" in sys.modules:
        heard = outcome["heard"]
        sys.modules["pysock"].on_failure(
            lambda error: heard.append(error.code)
        )
    try:
        client(types.SimpleNamespace(**cell, pause=pause))
    except BaseException as error:
        outcome["raised"] = [
            [_name(link), repr(link.args), str(link),
             getattr(link, "errno", None)]
            for link in _links(error)
        ]  # fmt: skip
        outcome |= _what_why_says(error, (cell["host"], cell["port"]))
        raise
    finally:
        Path(f"{place}.json").write_text(json.dumps(outcome, default=repr))


def _what_why_says(error, address):
    if "pysock" not in sys.modules:
        return {"why": None, "why_with_address": None}
    why = sys.modules["pysock"].why
    said = why(error), why(error, address=address)
    codes = [None if each is None else each.code for each in said]
    return {"why": codes[0], "why_with_address": codes[1]}


def _name(link):
    return f"{type(link).__module__}.{type(link).__qualname__}"


def _links(error):
    """An exception and what stands behind it, suppressed or not."""
    queue, seen = [error], {id(error)}
    for link in queue:
        inner = [link.__cause__, link.__context__]
        if isinstance(link, BaseExceptionGroup):
            inner += link.exceptions
        for other in inner:
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                queue.append(other)
    return queue[:_MOST_LINKS]


def _reap(children):
    """Wait until one has ended; end those whose time is up."""
    poll = select.poll()
    for fd in children:
        poll.register(fd, select.POLLIN)
    nearest = min(until for _, until in children.values())
    for fd, _ in poll.poll(max(0.0, nearest - time.monotonic()) * 1000):
        pid, _ = children.pop(fd)
        os.waitpid(pid, 0)
        os.close(fd)
    for fd, (pid, until) in children.items():
        if until <= time.monotonic():
            signal.pidfd_send_signal(fd, signal.SIGKILL)
            children[fd] = pid, until + LIMIT_S[False]


if __name__ == "__main__":
    main(*sys.argv[1:])
