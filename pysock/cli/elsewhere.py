"""Another network namespace, or a process: the words for it, and a look."""

from __future__ import annotations

import os
from pathlib import Path

from pysock.errors.escape import printable
from pysock.sock_diag.namespace import path_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser


def add_netns(parser: ArgumentParser) -> None:
    """Add `--netns`, the same for every command that reads sockets."""
    parser.add_argument(
        "--netns",
        metavar="NAME|PID",
        type=_netns,
        help="in another network namespace: a name as `ip netns` has it, or "
        "a process that is in it",
    )


def _netns(word: str) -> str | int:
    # A longer one is no process, and int() may refuse it.
    return int(word) if word.isdecimal() and len(word) < 20 else word


def no_namespace(netns: str | int | None) -> str | None:
    """Why nobody can look into a network namespace, in one sentence.

    Args:
        netns: as `sock_diag` takes it: a name, a process, or `None`.

    Returns:
        the sentence; `None` if there is such a one, for all that can be told
        without going there.
    """
    if netns is None:
        return None
    try:
        os.stat(path_of(netns))  # noqa: PTH116
    except ValueError as exc:
        return str(exc)
    except OSError as exc:
        if isinstance(netns, int):
            return _no_process(netns, exc)
        if isinstance(exc, FileNotFoundError):
            return (
                f"there is no network namespace {printable(netns)!r}: "
                "`ip netns` lists them"
            )
        return f"network namespace {printable(netns)!r}: {exc.strerror}"
    return None


def _no_process(pid: int, exc: OSError) -> str:
    if isinstance(exc, PermissionError):
        return f"this user may not look into process {pid}: that takes root"
    if Path(f"/proc/{pid}").exists():
        return f"process {pid} has ended, and nobody has waited for it yet"
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return f"there is no process {pid}"
    except OSError:
        pass  # there is one, of another user
    return f"/proc does not show process {pid}, though there is one"
