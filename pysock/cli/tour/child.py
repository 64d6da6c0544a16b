"""A scenario in a process of its own.

What cannot be undone (another user, no descriptors, another network) is done
to a child. The exception comes back pickled, as it was.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import time

from pysock.cli.tour.scenario import CannotMakeError, Seen, not_made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds. The slowest scenario takes two.
_LONGEST = 10.0
_NOBODY = 65534


def in_child(make: Callable[[], Seen], *, prepare: Callable[[], None]) -> Seen:
    """Prepare a child and run a scenario in it.

    Raises:
        CannotMakeError: `prepare` or the scenario raised it.
    """
    out, into = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(out)
        _be_the_child(into, make, prepare)
    os.close(into)
    try:
        said = _read_all(out)
    finally:
        os.close(out)
        # It has ended, unless it hangs or Ctrl-C came to us alone.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not said:
        return Seen(
            None, None, "the process that should make it died or hangs"
        )
    outcome = pickle.loads(said)
    if isinstance(outcome, CannotMakeError):
        raise outcome
    return outcome  # type: ignore[no-any-return]


def become_nobody() -> None:
    """Give up root's privileges; to `prepare` what needs to be without.

    Raises:
        CannotMakeError: the system does not let root do it.
    """
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError as error:
        raise CannotMakeError(
            f"root, and cannot become nobody here ({error.strerror})"
        ) from None


def _be_the_child(
    into: int, make: Callable[[], Seen], prepare: Callable[[], None]
) -> None:
    """Write the outcome, and end without running anything of the parent's."""
    outcome: Seen | CannotMakeError
    try:
        try:
            prepare()
            outcome = make()
        except CannotMakeError as error:
            outcome = error
        except Exception as error:
            outcome = not_made(error)
        with open(into, "wb", closefd=False) as pipe:
            pipe.write(pickle.dumps(outcome))
    finally:
        # Ctrl-C included: the parent has heard it too, and speaks for both.
        os._exit(0)


def _read_all(out: int) -> bytes:
    deadline = time.monotonic() + _LONGEST
    said = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([out], [], [], left)[0]:
            break
        block = os.read(out, 65536)
        if not block:
            return said
        said += block
    return b""  # it hangs
