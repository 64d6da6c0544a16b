"""The table of what pysock promises to cost, as data.

`at_least` is the promise, `aim` what is worked for. Names of sides are those
that the measuring function gives.
"""

from __future__ import annotations

from dataclasses import dataclass

FASTER = "faster"  # theirs / ours: at least so many times as fast
WITHIN = "within"  # ours / theirs: at most so many times as long
UNDER = "under"  # ours alone: at most so many milliseconds
SHOWN = "shown"  # no promise: ours / theirs, for information

CHEAPEST = "the cheapest peer"
LOAD_BESIDE = ("pysock accept_many", "pysock accept_loop", "bare descriptors")
LOAD_PEERS = (
    "socket accept",
    "asyncio",
    "asyncio sock_accept",
    "uvloop",
    "gevent",
    "trio",
)


@dataclass(frozen=True)
class Row:
    name: str  # how it is chosen on the command line
    work: str
    measured_by: str  # "module:function"
    ours: str
    theirs: str
    kind: str
    at_least: float | None = None
    aim: float | None = None
    floor: str | None = None
    # Further sides to print; CHEAPEST is one of them.
    beside: tuple[str, ...] = ()
    # Over all rounds together: for what is a hundred times as slow now and
    # then, and the median would not know.
    by_mean: bool = False


ROWS = (
    Row(
        "accept",
        "accept(), drain of queued connections",
        "pysock.cli.bench.drain:drain",
        ours="pysock accept",
        theirs="socket accept",
        kind=FASTER,
        at_least=1.30,
        aim=1.45,
        floor="C",
    ),
    Row(
        "accept-timeout",
        "the same with a timeout set",
        "pysock.cli.bench.drain:drain_with_timeout",
        ours="pysock accept",
        theirs="socket accept",
        kind=FASTER,
        at_least=1.30,
        aim=1.50,
        floor="C",
    ),
    Row(
        "accept-many",
        "accept_many(64) against socket.accept()",
        "pysock.cli.bench.drain:drain",
        ours="pysock accept_many",
        theirs="socket accept",
        kind=FASTER,
        at_least=1.50,
        aim=1.70,
        floor="C",
    ),
    Row(
        "accept-busy",
        "accept_many(64) while a thread is busy in Python",
        "pysock.cli.bench.drain:drain_while_busy",
        ours="pysock accept_many",
        theirs="socket accept",
        kind=FASTER,
        at_least=15,
        aim=25,
        beside=("pysock accept",),
        by_mean=True,
    ),
    Row(
        "load",
        "accept and close under load, server CPU, against C",
        "pysock.cli.bench.accept:server_cpu",
        ours="pysock accept",
        theirs="C",
        kind=WITHIN,
        at_least=1.12,
        aim=1.05,
        floor="C",
        beside=LOAD_BESIDE,
    ),
    Row(
        "load-peers",
        "the same, against the cheapest Python peer",
        "pysock.cli.bench.accept:server_cpu",
        ours="pysock accept",
        theirs=CHEAPEST,
        kind=FASTER,
        at_least=1.0,
        floor="C",
        beside=LOAD_PEERS,
    ),
    Row(
        "load-full",
        "the same with a queue that is never empty, against C",
        "pysock.cli.bench.accept:server_cpu_full_queue",
        ours="pysock accept",
        theirs="C",
        kind=SHOWN,
        floor="C",
        beside=LOAD_BESIDE + LOAD_PEERS,
    ),
    Row(
        "transfer",
        "recv + send of 64 bytes on a ready socket",
        "pysock.cli.bench.data:exchange",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=1.05,
        aim=1.02,
        floor="C",
    ),
    Row(
        "transfer-timeout",
        "the same with a timeout set",
        "pysock.cli.bench.data:exchange_with_timeout",
        ours="pysock",
        theirs="socket",
        kind=SHOWN,
        floor="C",
    ),
    Row(
        "would-block",
        "recv that would block",
        "pysock.cli.bench.data:would_block",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=1.5,
        aim=1.3,
        floor="C",
    ),
    Row(
        "noted-would-block",
        "recv that would block, noted face",
        "benchmarks.noted:would_block",
        ours="noted",
        theirs="plain",
        kind=WITHIN,
        at_least=1.25,
        aim=1.15,
    ),
    Row(
        "noted-transfer",
        "recv + send of 64 bytes, noted face",
        "benchmarks.noted:exchange",
        ours="noted",
        theirs="plain",
        kind=WITHIN,
        at_least=1.05,
        aim=1.02,
    ),
    Row(
        "noted-asyncio",
        "an asyncio echo, noted face",
        "benchmarks.noted:asyncio_echo",
        ours="noted",
        theirs="plain",
        kind=WITHIN,
        at_least=1.05,
        aim=1.02,
    ),
    Row(
        "noted-redis",
        "GET of redis-py, noted face",
        "benchmarks.noted:redis_get",
        ours="noted",
        theirs="plain",
        kind=WITHIN,
        at_least=1.05,
        aim=1.02,
    ),
    Row(
        "noted-gunicorn",
        "a request to flask under gunicorn, noted face",
        "benchmarks.noted:gunicorn_flask",
        ours="noted",
        theirs="plain",
        kind=WITHIN,
        at_least=1.05,
        aim=1.02,
    ),
    Row(
        "install",
        "starting Python with install(), against import socket",
        "benchmarks.noted:startup",
        ours="noted",
        theirs="plain",
        kind=WITHIN,
        at_least=1.45,
        aim=1.15,
    ),
    Row(
        "tcp-info",
        "tcp_info() and one field, against getsockopt + unpack of all fields",
        "pysock.cli.bench.info:read",
        ours="pysock tcp_info().rtt_us",
        theirs="getsockopt + unpack",
        kind=WITHIN,
        at_least=1.0,
        aim=0.85,
        floor="C",
        beside=("pysock tcp_info()", "pysock tcp_info().as_dict()"),
    ),
    Row(
        "connect",
        "connect over IPv4, blocking",
        "pysock.cli.bench.one_connect:ipv4",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=1.05,
        aim=1.02,
    ),
    Row(
        "connect-timeout",
        "connect over IPv4, with a timeout",
        "pysock.cli.bench.one_connect:ipv4_with_timeout",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=1.05,
        aim=1.02,
    ),
    Row(
        "connect-ipv6",
        "connect over IPv6, blocking",
        "pysock.cli.bench.one_connect:ipv6",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=1.10,
        aim=1.05,
    ),
    Row(
        "connect-address",
        "create_connection by address",
        "pysock.cli.bench.one_connect:by_address",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=1.10,
        aim=1.05,
    ),
    Row(
        "connect-name",
        "create_connection by name",
        "pysock.cli.bench.one_connect:by_name",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=1.10,
        aim=1.05,
    ),
    Row(
        "connect-refused",
        "a refused connect, caught",
        "pysock.cli.bench.one_connect:refused",
        ours="pysock",
        theirs="socket",
        kind=WITHIN,
        at_least=2.0,
        aim=1.5,
    ),
    Row(
        "connect-serial",
        "connect_many of 2,000 against serial create_connection",
        "pysock.cli.bench.connect:many",
        ours="pysock connect_many",
        theirs="socket create_connection",
        kind=FASTER,
        at_least=1.0,
        aim=1.2,
        floor="C",
        beside=("pysock create_connection",),
    ),
    Row(
        "connect-asyncio",
        "connect_many of 2,000 against asyncio sock_connect",
        "pysock.cli.bench.connect:many",
        ours="pysock connect_many",
        theirs="asyncio",
        kind=FASTER,
        at_least=2.0,
        aim=2.8,
        floor="C",
    ),
    Row(
        "diag-ss",
        "sock_diag.sockets() of 20,000, against ss -tinaH",
        "pysock.cli.bench.diag:dump",
        ours="pysock",
        theirs="ss",
        kind=FASTER,
        at_least=2.0,
        aim=3.0,
        floor="C",
        beside=("pysock, reading rtt_us",),
    ),
    Row(
        "diag-pyroute2",
        "sock_diag.sockets() of 20,000, against pyroute2",
        "pysock.cli.bench.diag:dump",
        ours="pysock",
        theirs="pyroute2",
        kind=FASTER,
        at_least=30,
        aim=50,
        floor="C",
    ),
    Row(
        "import",
        "starting Python with import pysock, against import socket",
        "benchmarks.bench_import:startup",
        ours="import pysock",
        theirs="import socket",
        kind=WITHIN,
        at_least=1.45,
        aim=1.25,
    ),
)
