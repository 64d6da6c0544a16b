"""Run the command line as a person would, in a process of its own."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def pysock_command(*words, timeout=60, env=None, **options):
    """Run `python -m pysock` to its end; the CompletedProcess, as text."""
    return subprocess.run(
        [sys.executable, "-m", "pysock", *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        check=False,
        **options,
    )


def on_terminal(*words, columns, env=None, timeout=60):
    """Run it on a terminal of so many columns; status and what it showed."""
    into, terminal = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "pysock", *map(str, words)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={
            **os.environ,
            "COLUMNS": str(columns),
            "TERM": "xterm",
            **(env or {}),
        },
    )
    os.close(terminal)
    shown = b""
    deadline = time.monotonic() + timeout
    try:
        while select.select([into], [], [], deadline - time.monotonic())[0]:
            try:
                shown += os.read(into, 65536)
            except OSError:
                break  # the child has closed the terminal
        status = child.wait(deadline - time.monotonic())
    finally:
        child.kill()
        child.wait()
        os.close(into)
    return status, shown.decode().replace("\r\n", "\n")


def interrupt(child, *, timeout=5):
    """Send Ctrl-C; the exit status, what was said, seconds until the end."""
    started = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=timeout)
    return child.returncode, out, err, time.monotonic() - started


def start(*words, **options):
    """Start `python -m pysock` with pipes; the Popen."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "pysock", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
