"""The hot paths under pytest-benchmark: `python -m pytest benchmarks`.

No part of `make test`. Each group has pysock and the standard module doing
the same work, the functions of `pysock bench`; pytest-benchmark saves runs and
compares them over time. For ratios `make bench` is the better tool: its sides
take turns.
"""

import socket

import pytest

import pysock
from pysock.cli.bench import data, drain, info
from pysock.cli.bench.clients import Clients

pytest.importorskip("pytest_benchmark")

MODULES = pytest.mark.parametrize("module", [pysock, socket])
ROUNDS, WARM_UP = 50, 3
COUNT = 500


@pytest.fixture(scope="module")
def clients():
    with Clients() as clients:
        yield clients


def run_drain(benchmark, clients, module, work, timeout):
    """Measure work on a queue that is filled anew for each round."""
    kept = []

    def refill():
        for sock, _ in kept:
            sock.close()
        kept.clear()
        queue.empty()
        queue.fill(COUNT)
        return (queue.listener, COUNT, kept), {}

    with module.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        queue = drain.Queue(clients, listener, timeout)
        benchmark.pedantic(work, setup=refill, rounds=ROUNDS)
        queue.empty()
        for sock, _ in kept:
            sock.close()


@MODULES
@pytest.mark.parametrize("timeout", [None, 5.0])
@pytest.mark.benchmark(group="accept")
def test_accept(benchmark, clients, module, timeout):
    run_drain(benchmark, clients, module, drain.by_accept, timeout)


@pytest.mark.benchmark(group="accept")
def test_accept_many(benchmark, clients):
    run_drain(benchmark, clients, pysock, drain.by_accept_many, None)


@MODULES
@pytest.mark.parametrize("timeout", [None, 5.0])
@pytest.mark.benchmark(group="transfer")
def test_transfer(benchmark, module, timeout):
    with data.tcp_pair(module) as (left, right):
        left.settimeout(timeout)
        right.settimeout(timeout)
        benchmark.pedantic(
            data.exchange_by,
            args=(left, right, COUNT),
            rounds=ROUNDS,
            warmup_rounds=WARM_UP,
        )


@MODULES
@pytest.mark.benchmark(group="would block")
def test_would_block(benchmark, module):
    with data.tcp_pair(module) as (left, _):
        left.setblocking(False)
        benchmark.pedantic(
            data.block_by,
            args=(left, COUNT),
            rounds=ROUNDS,
            warmup_rounds=WARM_UP,
        )


@pytest.mark.parametrize(
    ("module", "work"),
    [(pysock, info.read_objects), (socket, info.unpack_fields)],
)
@pytest.mark.benchmark(group="TCP_INFO")
def test_tcp_info(benchmark, module, work):
    with data.tcp_pair(module) as (left, _):
        benchmark.pedantic(
            work, args=(left, COUNT), rounds=ROUNDS, warmup_rounds=WARM_UP
        )
