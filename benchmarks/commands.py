"""`pysock sockets` and its neighbours beside `ss`, with 30,000 sockets.

    unshare --net python -m benchmarks.commands [--sockets N] [--rounds N]

In a network namespace of its own, so that nothing else is counted and no
port is taken from anybody. Without root, or on the machine itself, leave
`unshare --net` away: both sides see the same sockets all the same.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack

# A process has descriptors for so many connections, both ends, by default.
_HOLDERS = 4
_PYSOCK = (sys.executable, "-m", "pysock")
# Where it is set, every start compiles every file, and that is measured.
_ENVIRONMENT = dict(os.environ)
_ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)

# (ours, theirs, at most so many times as long)
_ROWS = (
    ("sockets --no-processes", "ss -tin", 2.0),
    ("sockets", "ss -tinp", 2.0),
    ("sockets --no-processes --group-by peer", "ss -tin", 2.0),
    ("info {port} --state listen --wait 0", "ss -tinp", 2.0),
    ("doctor --seconds 0.1", "ss -tinp", None),
    ("sockets --no-processes --jsonl", "ss -tin", None),
)


def _hold(connections: int) -> None:
    """Make connections, say so, and hold them until the input ends."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(connections):
            held.append(socket.create_connection(listener.getsockname()))
            held.append(listener.accept()[0])
        print(listener.getsockname()[1], flush=True)
        sys.stdin.read()


def _start(stack: ExitStack, connections: int) -> int:
    """Start a process that holds them; its listener's port."""
    child = stack.enter_context(
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.commands"),
                *("--hold", str(connections)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    )
    assert child.stdin is not None
    assert child.stdout is not None
    stack.callback(child.stdin.close)
    return int(child.stdout.readline())


def _cost(words: list[str]) -> tuple[float, float]:
    """Seconds that a command took, by the clock and of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        words,
        stdout=subprocess.DEVNULL,
        check=False,
        timeout=120,
        env=_ENVIRONMENT,
    )
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user = after.ru_utime - before.ru_utime
    return took, user + after.ru_stime - before.ru_stime


def _compare(ours: list[str], theirs: list[str], rounds: int) -> list[float]:
    """Seconds of both, their ratio, and that of their processor time.

    Medians, of ratios within a round.
    """
    # The first round has read the files from the disk.
    pairs = [(_cost(ours), _cost(theirs)) for _ in range(rounds + 1)][1:]
    return [
        statistics.median(one[0] for one, _ in pairs),
        statistics.median(other[0] for _, other in pairs),
        statistics.median(one[0] / other[0] for one, other in pairs),
        statistics.median(one[1] / other[1] for one, other in pairs),
    ]


def main() -> int:
    """Print a line for each command; 1 if one takes too long."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--hold", type=int, help="for its own processes")
    arguments = parser.parse_args()
    if arguments.hold is not None:
        _hold(arguments.hold)
        return 0
    if shutil.which("ss") is None:
        print("ss (iproute2) is not installed", file=sys.stderr)
        return 2
    # A new namespace begins with its loopback down.
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
    slow = 0
    with ExitStack() as stack:
        each = arguments.sockets // 2 // _HOLDERS
        ports = [_start(stack, each) for _ in range(_HOLDERS)]
        print(f"{2 * each * _HOLDERS:,} sockets in {_HOLDERS} processes")
        for words, theirs, most in _ROWS:
            ours = words.format(port=ports[0])
            mine, other, ratio, cpu = _compare(
                [*_PYSOCK, *ours.split()], theirs.split(), arguments.rounds
            )
            late = most is not None and ratio > most
            slow += late
            promise = f", at most {most}" if most else ""
            print(
                f"pysock {ours:38} {mine * 1000:6,.0f} ms"
                f"  {theirs:9}{other * 1000:6,.0f} ms"
                f"  {ratio:5.2f} (processor {cpu:.2f}{promise})"
                f"{' MISSED' if late else ''}",
                flush=True,
            )
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
