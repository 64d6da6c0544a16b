"""One connect after another, as most programs connect."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import repeat
from typing import Any

import pysock
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import (
    Measurement,
    Plan,
    Sides,
    own_code,
    quiet,
    timed,
)

# Makes so many connections; what it has made goes to the list.
Work = Callable[[Any, Any, list[Any], int], None]

_HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_NO_LINGER = b"\1\0\0\0\0\0\0\0"  # struct linger {1, 0}


def _blocking(sockets: Any, address: Any, _: Any, __: int) -> None:
    for sock in sockets:
        sock.connect(address)


def _refused(sockets: Any, address: Any, _: Any, __: int) -> None:
    for sock in sockets:
        try:
            sock.connect(address)
        except ConnectionRefusedError:
            pass


def _create_connection(
    create_connection: Any, address: Any, made: list[Any], count: int
) -> None:
    keep = made.append
    for _ in repeat(None, count):
        keep(create_connection(address))


@contextmanager
def _listening(family: int) -> Iterator[socket.socket]:
    with socket.create_server(
        (_HOSTS[socket.AddressFamily(family)], 0),
        family=family,
        backlog=4096,
    ) as listener:
        listener.setblocking(False)
        yield listener


def _reset(sock: Any) -> None:
    """Close with a RST, so that nothing is left in TIME_WAIT."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    sock.close()


def _empty(listener: socket.socket) -> None:
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return


def _by_method(
    plan: Plan,
    operation: str,
    *,
    family: int = socket.AF_INET,
    timeout: float | None = None,
    refused: bool = False,
) -> Measurement:
    """Measure the method `connect` on sockets that are made before."""
    count = plan.count(100)
    sides = Sides()
    with pinned(), _listening(family) as listener, ExitStack() as stack:
        address = listener.getsockname()
        if refused:
            bound = stack.enter_context(socket.socket(family))
            bound.bind((_HOSTS[socket.AddressFamily(family)], 0))
            address = bound.getsockname()
        for name, module in (("pysock", pysock), ("socket", socket)):
            work = own_code(_refused if refused else _blocking)

            def run(module: Any = module, work: Work = work) -> float:
                sockets = [module.socket(family) for _ in range(count)]
                for sock in sockets:
                    sock.settimeout(timeout)
                taken = timed(lambda: work(sockets, address, [], 0), count)
                for sock in sockets:
                    _reset(sock)
                _empty(listener)
                return taken

            sides.add(name, run)
        return sides.measure(operation, plan, rounds=100)


def ipv4(plan: Plan) -> Measurement:
    """Measure a blocking connect over IPv4."""
    return _by_method(plan, "connect")


def ipv4_with_timeout(plan: Plan) -> Measurement:
    """Measure the same with a timeout set."""
    return _by_method(plan, "connect", timeout=5.0)


def ipv6(plan: Plan) -> Measurement:
    """Measure a blocking connect over IPv6."""
    return _by_method(plan, "connect", family=socket.AF_INET6)


def refused(plan: Plan) -> Measurement:
    """Measure a connect that is refused and caught, the exception dropped."""
    return _by_method(plan, "refused connect", refused=True)


def _by_function(plan: Plan, host: str) -> Measurement:
    """Measure `create_connection`, the socket's making included."""
    count = plan.count(100)
    sides = Sides()
    with pinned(), _listening(socket.AF_INET) as listener:
        address = (host, listener.getsockname()[1])
        for name, module in (("pysock", pysock), ("socket", socket)):
            work = own_code(_create_connection)

            def run(module: Any = module, work: Work = work) -> float:
                made: list[Any] = []
                create = module.create_connection
                with quiet():
                    taken = timed(
                        lambda: work(create, address, made, count), count
                    )
                for sock in made:
                    _reset(sock)
                _empty(listener)
                return taken

            sides.add(name, run)
        return sides.measure("create_connection", plan, rounds=100)


def by_address(plan: Plan) -> Measurement:
    """Measure `create_connection` to a numeric address."""
    return _by_function(plan, "127.0.0.1")


def by_name(plan: Plan) -> Measurement:
    """Measure `create_connection` to a name, which is resolved each time."""
    return _by_function(plan, "localhost")
