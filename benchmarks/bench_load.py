"""accept and close while connections keep coming: CPU of the server."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import pinning
from benchmarks.clients import Clients
from benchmarks.harness import Measurement, Plan, Run, interleave
from benchmarks.servers import SERVERS, Server, missing_servers

CONNECTIONS = 4000


def _side(clients: Clients, server: Server, count: int) -> Run:
    def run() -> float:
        server.start(count)
        clients.start_load(server.port, count)
        clients.finish()
        cpu, _ = server.finish()
        return cpu / count

    return run


def server_cpu(plan: Plan) -> Measurement:
    """Seconds of server CPU for one connection, system time included.

    The load is C, the same for all, on another CPU where there is one. It is
    slower than most of the servers, so these sleep and are woken, some more
    often than others: that is part of what they cost.
    """
    return _server_cpu(plan, queue_full=False)


def server_cpu_full_queue(plan: Plan) -> Measurement:
    """The same with a queue that is never empty: no server ever sleeps."""
    return _server_cpu(plan, queue_full=True)


def _server_cpu(plan: Plan, *, queue_full: bool) -> Measurement:
    pinning.unpin()
    count = plan.count(CONNECTIONS)
    missing = missing_servers()
    with ExitStack() as stack:
        clients = stack.enter_context(Clients())
        sides = {}
        for name in SERVERS:
            if name in missing:
                continue
            server = stack.enter_context(Server(name))
            if queue_full:
                server.wait_for_cpu()
            sides[name] = _side(clients, server, count)
        return interleave(sides, plan.repeat(15), missing=missing)
