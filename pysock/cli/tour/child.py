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

from pysock.cli.tour.scenario import CannotMakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pysock.cli.tour.scenario import Seen

# Seconds. The slowest scenario takes two.
_LONGEST = 10.0


def in_child(make: Callable[[], Seen], *, prepare: Callable[[], None]) -> Seen:
    """Prepare a child and run a scenario in it.

    Raises:
        CannotMakeError: `prepare` or the scenario raised it, or the child
            died or hung.
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
        raise CannotMakeError("the process that should make it died")
    outcome = pickle.loads(said)
    if isinstance(outcome, CannotMakeError):
        raise outcome
    return outcome  # type: ignore[no-any-return]


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
        with open(into, "wb", closefd=False) as pipe:
            pipe.write(pickle.dumps(outcome))
    except BaseException as error:
        if not isinstance(error, KeyboardInterrupt):
            sys.excepthook(type(error), error, error.__traceback__)
            sys.stderr.flush()
        os._exit(1)
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
    raise CannotMakeError(f"no result within {_LONGEST:.0f} s")
