"""A process beside the measuring one, that answers lines with lines."""

from __future__ import annotations

import subprocess
import sys

from pysock.cli.bench import native

# A child that hangs is ended; what it does takes a second or so.
LONGEST = 120


_START = "from pysock.cli.bench.{name} import main; main(*{words})"


class Child:
    """A process, as the measuring one sees it.

    It runs `main` of a module here, and what that takes as arguments.
    """

    def __init__(self, name: str, *words: str) -> None:
        # A session of its own: Ctrl-C is for the measuring process, which
        # then ends its children.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(name=name, words=words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=native.environment(),
            start_new_session=True,
        )
        self._name = " ".join([name, *words])

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def close(self) -> None:
        """End it: it reads the end of its input, or is killed."""
        self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            # It waits for connections that nobody opens any more.
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def send(self, line: str) -> None:
        """Give it a command."""
        self._process.stdin.write(line + "\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]

    def receive(self) -> str:
        """Wait for its answer."""
        answer = self._process.stdout.readline()  # type: ignore[union-attr]
        if not answer:
            raise RuntimeError(f"{self._name} ended without an answer")
        return answer.strip()
