"""Start a program of this wing in a process of its own, and end it.

A process, not a thread: a thread of a program under gevent is no thread, and
an event loop that hangs, as a test may want it to, would hang its server.
The program ends when its control socket closes or when this process is gone,
however it went.
"""

from __future__ import annotations

import _socket
import contextlib
import marshal
import os
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The programs need the standard library only: no site, no user's settings.
# Nor the package that they lie in, which loads a compiled module: an empty
# one of its name stands for it.
_START = """
import sys
for name, folder in zip(("pysock", "pysock.testing"), sys.argv[1:]):
    package = sys.modules[name] = type(sys)(name)
    package.__path__ = [folder]
from importlib import import_module
import_module("pysock.testing.processes." + sys.argv[3]).main()
"""
_WING = Path(__file__).parent

# Seconds. Far more than an interpreter needs to start on a busy machine.
_PATIENCE_S = 30.0
_LENGTH_BYTES = 4


def command(name: str, *arguments: str) -> tuple[str, ...]:
    """Give the words that start a program of ``processes/``."""
    start = (sys.executable, "-I", "-S", "-c", _START)
    return (*start, str(_WING.parent), str(_WING), name, *arguments)


class Process:
    """A program that answers questions until it is closed.

    Attributes:
        pid: its process id.
        ready: its first answer.
    """

    def __init__(
        self, name: str, settings: Any, inside: int | None = None
    ) -> None:
        """Start it and wait for its first answer, which is `ready`.

        Args:
            name: of the file in ``processes/``, without ``.py``.
            settings: what `marshal` can write; sent to it.
            inside: a process in whose namespaces it is to be; ``None``: ours.

        Raises:
            OSError: it cannot be started, or could not do what it is for.
        """
        where = () if inside is None else (str(inside),)
        words = command(name, *where, str(os.getpid()))
        ours, theirs = _socket.socketpair()
        self._control = ours
        try:
            ours.settimeout(_PATIENCE_S)
            self.pid: int = os.posix_spawn(
                words[0],
                words,
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0)],
                setsigmask=[],
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        try:
            self.ready: Any = self.ask(settings)
        except BaseException:
            self.close()
            raise

    def ask(self, question: Any) -> Any:
        """Send a question and wait for the answer.

        Raises:
            OSError: the program says that it could not, or it is gone.
        """
        body = marshal.dumps(question)
        self._control.sendall(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
        length = int.from_bytes(self._read(_LENGTH_BYTES), "big")
        # The same interpreter wrote it.
        failure, answer = marshal.loads(self._read(length))
        if failure is not None:
            raise OSError(*failure)
        return answer

    def close(self) -> None:
        """End the program and wait until it has ended."""
        self._control.close()
        # Somebody else may have waited for it: asyncio's old child watchers.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def _read(self, length: int) -> bytes:
        parts = []
        while length > 0:
            part = self._control.recv(length)
            if not part:
                raise ConnectionError("the helper process ended by itself")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)
