"""A failure that a server of its own brings about, by a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pysock.testing.address import Address
from pysock.testing.process import Process
from pysock.testing.sockets import LOOPBACK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

# The name of a step, or a tuple of it and its arguments.
Step = str | tuple[object, ...]

BODY = b"x" * 16384
ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/plain\r\n"
    b"Content-Length: %d\r\n"
    b"\r\n"
    b"%s"
) % (len(BODY), BODY)

# Milliseconds later: the kernel's clocks of a connection have no finer unit,
# and whose data was the newest, the request's or the answer's, can be told.
_LATER = ("wait", 0.01)

# A server in good health, which keeps its connections.
HEALTHY: tuple[Step, ...] = ("request", "answer", "again")
RELAYING: tuple[Step, ...] = ("relay",)

# step -> how many arguments it takes, at least and at most.
STEPS = {
    "read": (1, 1), "request": (0, 0), "head": (0, 0), "answer": (0, 1),
    "slowly": (1, 1), "send": (1, 1), "wait": (1, 1), "silence": (0, 0),
    "drain": (0, 0), "reset": (0, 0), "close": (0, 0), "shutdown": (0, 0),
    "again": (0, 0), "again_within": (1, 1), "tls": (0, 0), "relay": (0, 0),
}  # fmt: skip


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and value >= 0


def _is_rate(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 < value < float("inf")


# What the argument of a step must be: anything else would end the server.
_TAKES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "read": (_is_count, "a count of bytes, 0 or more"),
    "answer": (_is_count, "a count of bytes, 0 or more"),
    "send": (lambda value: isinstance(value, bytes), "bytes"),
    "wait": (_is_time, "seconds, 0 or more"),
    "again_within": (_is_time, "seconds, 0 or more"),
    "slowly": (_is_rate, "bytes a second, above 0"),
}


class Scripted:
    """A context manager that gives the address of a server with a script.

    Nothing runs before it is entered, so one may be handed to `proxy`.
    Entering starts a process and waits until it listens: some 20 ms.
    Leaving ends it; connections that are still open are closed.
    """

    def __init__(
        self,
        steps: Iterable[Step],
        *,
        host: str = LOOPBACK,
        answer: bytes = ANSWER,
        times: int | None = None,
        scheme: str = "http",
        **settings: Any,
    ) -> None:
        """Check the script.

        Raises:
            ValueError: it has a step that does not exist, or one with
                other arguments than it takes.
        """
        script = checked(steps)
        # Steps of a server that has what they need, and of no other.
        wants = {"tls": "certificate", "relay": "upstream"}
        for step in script:
            if wants.get(str(step[0]), "steps") not in {"steps", *settings}:
                raise ValueError(f"no such step: {step!r}")
        self.settings: dict[str, Any] = {
            "steps": script,
            "afterwards": checked(HEALTHY),
            "host": host,
            "answer": answer,
            "times": times,
            **settings,
        }
        self.scheme = scheme
        self._process: Process | None = None

    def __enter__(self) -> Address:
        if self._process is not None:
            raise RuntimeError("it is entered already; make another one")
        self._process = Process("peer", self.settings)
        return self.address_of(self._process)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def address_of(self, process: Process) -> Address:
        """Make the address of the server that has started."""
        address = Address(*process.ready)
        address.scheme = self.scheme
        return address


def checked(steps: Iterable[Step]) -> list[tuple[object, ...]]:
    """Write every step as a tuple.

    Raises:
        ValueError: as `Scripted`.
    """
    tuples = [
        (step,) if isinstance(step, str) else tuple(step) for step in steps
    ]
    for step in tuples:
        least, most = STEPS.get(str(step[0]) if step else "", (1, 0))
        if not least <= len(step) - 1 <= most:
            raise ValueError(f"no such step: {step!r}")
        for value in step[1:]:
            is_right, what = _TAKES[str(step[0])]
            if not is_right(value):
                raise ValueError(f"the step {step!r} takes {what}")
    return tuples


def at_point(when: str, after: int) -> list[Step]:
    """Give the steps that lead to a point of an exchange.

    Args:
        when: ``"accept"``: the connection is there; ``"request"``: a request
            was read; ``"body"``: some of the answer was written.
        after: bytes of the answer's body, for ``"body"``.

    Raises:
        ValueError: `when` is something else.
    """
    points: dict[str, Sequence[Step]] = {
        "accept": (),
        "request": ("request",),
        "body": ("request", _LATER, "head", ("answer", after)),
    }
    if when not in points:
        raise ValueError(f"when={when!r} is none of {', '.join(points)}")
    return [*points[when]]
