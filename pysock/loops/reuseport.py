"""reuseport_group: several listeners on one port, and how evenly they accept.

With SO_REUSEPORT the kernel gives each new connection to one of the port's
listeners by a hash of both addresses. Unlike several processes on one shared
queue, where the last one to wait is often the first to be woken, that comes
out even; but a connection that was given to a listener nobody accepts from
waits for ever.
"""

from __future__ import annotations

import mmap

from pysock.dropin.makers import create_server
from pysock.loops.accept_loop import AcceptLoop, accept_loop
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pysock.dropin.socket import socket


class Balance(Record):
    """How evenly a group accepts.

    Attributes:
        accepted: connections accepted by each member, in their order.
        share: what each has of the sum, 0.0 to 1.0; an even share is
            `1 / len(accepted)`. All 0.0 before the first connection.
    """

    accepted: tuple[int, ...]
    share: tuple[float, ...]

    @property
    def imbalance(self) -> float:
        """The busiest member's share over an even one: 1.0 is even."""
        return max(self.share) * len(self.share) if any(self.share) else 1.0


class ReuseportGroup:
    """Listeners on one port; see `reuseport_group`.

    Attributes:
        listeners: the listening sockets.
        address: what they are bound to.
    """

    def __init__(self, listeners: tuple[socket, ...]) -> None:
        self.listeners = listeners
        self.address: Any = listeners[0].getsockname()
        # Anonymous and shared: children of a fork write into the same page.
        self._memory = mmap.mmap(-1, 8 * len(listeners))
        self._counts = memoryview(self._memory).cast("Q")

    def __len__(self) -> int:
        return len(self.listeners)

    def __getitem__(self, index: int) -> socket:
        return self.listeners[index]

    def __iter__(self) -> Iterator[socket]:
        return iter(self.listeners)

    def accept_loop(self, index: int, **options: Any) -> AcceptLoop:
        """Make the accept loop of one member, which counts for `balance`.

        Args:
            index: which member; each needs a loop, in a thread or a process
                of its own.
            **options: of `pysock.accept_loop`.
        """
        counter = self._counts[index : index + 1]
        return accept_loop(self.listeners[index], counter=counter, **options)

    def take(self, index: int) -> socket:
        """Keep one member and close the others, in this process.

        For a child after a fork. A listener is gone when every process has
        closed it; until then it is given connections.
        """
        for other, listener in enumerate(self.listeners):
            if other != index:
                listener.close()
        return self.listeners[index]

    def balance(self) -> Balance:
        """How many connections each member accepted, in every process."""
        accepted = tuple(self._counts)
        total = sum(accepted) or 1
        return Balance(accepted, tuple(n / total for n in accepted))

    def close(self) -> None:
        """Close every listener of this process; the counts stay."""
        for listener in self.listeners:
            listener.close()

    def __enter__(self) -> ReuseportGroup:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def reuseport_group(
    address: tuple[Any, ...],
    n: int,
    *,
    family: int | None = None,
    backlog: int | None = None,
) -> ReuseportGroup:
    """Make several listeners on one port, with SO_REUSEPORT.

    Args:
        address: `(host, port)` as for `create_server`; with port 0 the first
            one gets a free port, and the others the same.
        n: how many, 1 or more.
        family: `AF_INET` or `AF_INET6`; `None`: IPv6 if the host has a colon.
        backlog: of each; `None` as for `create_server`.

    Returns:
        a `ReuseportGroup`, to be closed by the caller.

    Raises:
        BindError: as `create_server`; nothing is left open.
        ValueError: n is less than 1.
    """
    if n < 1:
        raise ValueError("a group has 1 member or more")
    if family is None:
        from socket import AF_INET, AF_INET6

        family = AF_INET6 if ":" in address[0] else AF_INET
    made: list[socket] = []
    try:
        for _ in range(n):
            listener = create_server(
                address, family=family, backlog=backlog, reuse_port=True
            )
            made.append(listener)
            address = (address[0], listener.getsockname()[1])
        return ReuseportGroup(tuple(made))
    except BaseException:
        for listener in made:
            listener.close()
        raise
