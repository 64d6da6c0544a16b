"""What the noted face costs a program that does not know of it.

Each side is a process of its own, started once with `python -m pysock run`
and once without, that works when it is told to (`noted_work.py`): taking
turns in one process would measure what changing a class costs.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

from pysock.cli.bench import peers
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import Measurement, Plan, Sides

NOTED, PLAIN = "noted", "plain"
_STARTS = {NOTED: ["-m", "pysock", "run"], PLAIN: []}
_ROOT = Path(__file__).parent.parent


def would_block(plan: Plan) -> Measurement:
    """Measure recv with nothing to read, the exception caught."""
    return _worked("would-block", "recv that would block", plan, 1000, 100)


def exchange(plan: Plan) -> Measurement:
    """Measure send and recv of 64 bytes on blocking sockets."""
    return _worked("exchange", "recv + send of 64 bytes", plan, 500, 200)


def tls_exchange(plan: Plan) -> Measurement:
    """Measure send and recv of 64 bytes through TLS."""
    return _worked("tls", "TLS recv + send of 64 bytes", plan, 500, 100)


def asyncio_echo(plan: Plan) -> Measurement:
    """Measure an echo through asyncio's streams, both ends of it."""
    return _worked("asyncio", "an asyncio echo of 64 bytes", plan, 500, 60)


# Answers what redis-py asks while it connects with OK, and GET with a value;
# one client after another.
_REDIS = r"""
import socket, threading

def serve(sock):
    with sock:
        while data := sock.recv(65536):
            parts = data.split(b"*")[1:]
            for part in parts:
                get = b"GET\r\n" in part
                sock.sendall(b"$5\r\nhello\r\n" if get else b"+OK\r\n")

with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()
"""


def redis_get(plan: Plan) -> Measurement:
    """Measure GET of redis-py; what answers is another process."""
    operation = "GET of redis-py"
    if not peers.is_installed("redis"):
        return _left_out(operation, "redis")
    with _started([sys.executable, "-c", _REDIS]) as server:
        port = int(server.stdout.readline())
        return _worked("redis", operation, plan, 300, 60, port)


def _worked(
    work: str,
    operation: str,
    plan: Plan,
    count: int,
    rounds: int,
    port: int = 0,
) -> Measurement:
    sides = Sides()
    module = str(_ROOT / "benchmarks" / "noted_work.py")
    with ExitStack() as stack:
        stack.enter_context(pinned())  # and so are its children
        for side, words in _STARTS.items():
            command = [sys.executable, *words, module, work]
            command += [str(plan.count(count)), str(port)]
            worker = stack.enter_context(
                _started(command, stdin=subprocess.PIPE)
            )

            def run(worker: Any = worker) -> float:
                worker.stdin.write("\n")
                worker.stdin.flush()
                return float(worker.stdout.readline())

            sides.add(side, run)
        return sides.measure(operation, plan, rounds=rounds)


_FLASK = """
import flask
app = flask.Flask(__name__)
@app.route("/")
def hello():
    return "hello"
"""


def gunicorn_flask(plan: Plan) -> Measurement:
    """Measure a request to flask under gunicorn: its worker's CPU."""
    operation = "a request to flask"
    count = plan.count(200)
    sides = Sides()
    for package in ("flask", "gunicorn"):
        if not peers.is_installed(package):
            return _left_out(operation, package)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        Path(folder, "hello.py").write_text(_FLASK)
        for side, words in _STARTS.items():
            port = _free_port()
            command = [sys.executable, *words, "-m", "gunicorn", "hello:app"]
            command += ["-b", f"127.0.0.1:{port}", "--log-level", "error"]
            master = stack.enter_context(_started(command, cwd=folder))
            _ask_until_it_answers(port)
            worker = _child_of(master.pid)

            def run(port: int = port, worker: int = worker) -> float:
                before = _cpu_ns(worker)
                for _ in repeat(None, count):
                    _ask(port)
                return (_cpu_ns(worker) - before) / 1e9 / count

            sides.add(side, run)
        return sides.measure(operation, plan, rounds=60)


def _left_out(operation: str, package: str) -> Measurement:
    missing = f"{package} is not installed"
    return Measurement(operation, "CPU", {}, {NOTED: missing, PLAIN: missing})


@contextmanager
def _started(command: list[str], **options: Any) -> Iterator[Any]:
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        **{"cwd": _ROOT, **options},
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _ask(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = bytearray()
        while data := sock.recv(65536):
            answer += data
    return bytes(answer)


def _ask_until_it_answers(port: int) -> None:
    ends = time.monotonic() + 20
    while True:
        try:
            if _ask(port).endswith(b"hello"):
                return
        except OSError:
            if time.monotonic() > ends:
                raise
        time.sleep(0.05)


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])


def _cpu_ns(pid: int) -> int:
    """The CPU time of a process so far, in nanoseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
