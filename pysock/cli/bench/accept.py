"""accept and close while connections keep coming: CPU of the server."""

from __future__ import annotations

from contextlib import ExitStack

from pysock.cli.bench.clients import Clients
from pysock.cli.bench.rounds import Measurement, Plan, Run, Sides
from pysock.cli.bench.servers import SERVERS, Server, can_run

CONNECTIONS = 4000
OPERATION = "connection accepted and closed by the server"


def _side(clients: Clients, server: Server, count: int) -> Run:
    def run() -> float:
        server.start(count)
        clients.start_load(server.port, count)
        clients.finish()
        return server.finish() / count

    return run


def server_cpu(plan: Plan) -> Measurement:
    """Measure with the load on another CPU, where there is one.

    It is slower than most of the servers, so these sleep and are woken, the
    fastest most often: that is part of what they cost.
    """
    return _server_cpu(plan, queue_full=False)


def server_cpu_full_queue(plan: Plan) -> Measurement:
    """Measure with a queue that is never empty: no server ever sleeps."""
    return _server_cpu(plan, queue_full=True)


def _server_cpu(plan: Plan, *, queue_full: bool) -> Measurement:
    count = plan.count(CONNECTIONS)
    sides = Sides()
    with ExitStack() as stack:
        clients = stack.enter_context(Clients())
        for name in SERVERS:
            if not can_run(name, sides):
                continue
            server = stack.enter_context(Server(name))
            if queue_full:
                server.wait_for_cpu()
            sides.add(name, _side(clients, server, count))
        return sides.measure(OPERATION, plan, rounds=15)
