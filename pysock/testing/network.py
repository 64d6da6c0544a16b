"""A network of one's own: two namespaces, and a server in the far one."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Sequence

from pysock.errors import DiagDeniedError
from pysock.sock_diag.namespace import inside
from pysock.testing.address import Address
from pysock.testing.process import Process, command
from pysock.testing.processes import faults
from pysock.testing.processes.namespaces import FAR
from pysock.testing.scripted import ANSWER, HEALTHY, Scripted, Step
from pysock.testing.unavailable import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_HOUR = 3600


class NetworkAddress(Address):
    """The address of a server behind a network that can be made to fail.

    Only a client at the near end of that network reaches it: see `run_in`.
    The methods act at once, on connections that exist too.

    Attributes:
        pid: a process that is at the near end: for ``nsenter -t``, and for
            the ``netns=`` of `pysock.sock_diag`.
    """

    pid: int
    _wire: Process

    def cut(self) -> None:
        """Let every packet vanish, either way."""
        self._wire.ask({"cut": True})

    def use_up_ports(self) -> None:
        """Let no connection be made, for no port at the near end is free."""
        self._wire.ask({"full": (self.host, self.port)})

    def heal(self) -> None:
        """Let every packet through again, at once, and from any port."""
        self._wire.ask(faults.HEALTHY)


@contextlib.contextmanager
def network(
    *,
    version: int = 4,
    steps: Sequence[Step] = HEALTHY,
    answer: bytes = ANSWER,
    cut: bool = False,
    lost: float = 0,
    delay: float = 0,
    hole: int = 0,
    icmp: tuple[int, int] | None = None,
) -> Iterator[NetworkAddress]:
    """Give the address of a server in good health, behind a network.

    What is wrong with the network is so from the beginning, until ``heal()``.

    Args:
        version: of IP, 4 or 6.
        steps: what the server does, as in `script`.
        answer: what it answers; HTTP with 16,384 bytes unless given.
        cut: every packet vanishes, either way.
        lost: percent of the packets that vanish, either way, by chance.
        delay: seconds that each packet takes, either way; an hour at most.
        hole: bytes; IP packets that are longer vanish. 0: none do.
        icmp: type and code of the ICMP message with which a router answers
            every TCP segment; ``None``: it lets them through.

    Raises:
        Unavailable: no right to make namespaces, which takes root or user
            namespaces, or no `ip` (iproute2).
        ValueError: there is no such version, message or amount; or as
            `script`.
    """
    if version not in FAR:
        raise ValueError(f"version={version!r} of IP is neither 4 nor 6")
    for is_possible, what in (
        (0 <= lost <= 100, f"lost={lost!r} is no percentage"),
        (0 <= delay <= _HOUR, f"delay={delay!r}: from 0 to {_HOUR} seconds"),
        (hole >= 0, f"hole={hole!r} is below 0 bytes"),
        (
            icmp is None or all(0 <= part <= 255 for part in icmp),
            f"icmp={icmp!r}: a type and a code are from 0 to 255",
        ),
    ):
        if not is_possible:
            raise ValueError(what)
    wrong = {
        "cut": cut, "lost": lost, "delay": delay, "hole": hole, "icmp": icmp,
    }  # fmt: skip
    settings = Scripted(steps, host=FAR[version], answer=answer).settings
    with contextlib.ExitStack() as stack:
        try:
            wire = Process("wire", (version, wrong))
            stack.callback(wire.close)
            server = Process("peer", settings, inside=wire.pid)
            stack.callback(server.close)
        except OSError as error:
            raise Unavailable(
                "a network of its own needs root or user namespaces "
                f"(CAP_SYS_ADMIN), veth and iproute2: {error}"
            ) from error
        wire.ask(None)  # it goes to the near end
        address = NetworkAddress(*server.ready)
        address.pid = wire.pid
        address._wire = wire
        yield address


def run_in(
    address: NetworkAddress,
    target: Callable[..., Any] | Sequence[str],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Run a client where it reaches the address, and wait for its end.

    Args:
        address: of a manager that makes a network.
        target: a function, run in a thread of its own there: what it opens
            is there, threads that it starts are too; or the words of a
            command.
        args: for the function.
        kwargs: for the function; or for `subprocess.run`.

    Returns:
        What the function returns; or the `subprocess.CompletedProcess`.

    Raises:
        Unavailable: a function without the right to enter the namespace,
            which takes CAP_SYS_ADMIN where it was made: run as root, or
            under ``unshare -Ur``, or give a command.

    Raises what the function or `subprocess.run` raises, too.
    """
    if not callable(target):
        words = command("enter", str(address.pid), *target)
        done = subprocess.run(words, *args, **kwargs)
        done.args = target
        return done
    try:
        return inside(address.pid, lambda: target(*args, **kwargs))
    except DiagDeniedError as error:
        raise Unavailable(
            "running a function in a network of its own needs root; or run "
            "the tests under `unshare -Ur`; or give run_in a command"
        ) from error
