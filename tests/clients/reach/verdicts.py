"""What is expected of each cell of the table: the one place that says it.

A cell that is not named is explained, with the code of its row. Whoever makes
pysock say more, or less, changes it here, and `make reach` writes the pages.
"""

from typing import NamedTuple

from clients.reach.failures import ROWS


class Client(NamedTuple):
    """A column: the file of its code, and the protocol of its servers."""

    file: str
    dialect: str = "http"


class Cell(NamedTuple):
    """What pysock says of one failure of one client.

    Attributes:
        verdict: ``explained``: `pysock run` shows why, below the traceback or
            in it; ``named``: `pysock.why()` tells it when it is asked, with
            the address if need be; ``nothing``.
        codes: any of these; none where nothing is said.
        reason: why it is no more than that; empty where all is explained.
        waits: no timeout of the client ends it.
    """

    verdict: str
    codes: tuple[str, ...] = ()
    reason: str = ""
    waits: bool = False


def explained(*codes):
    return Cell("explained", codes)


def named(*codes, because):
    return Cell("named", codes, because)


def nothing(because, *, waits=False):
    return Cell("nothing", (), because, waits)


CLIENTS = {
    "socket": Client("plain_socket"),
    "http.client": Client("http_client"),
    "requests": Client("with_requests"),
    "httpx": Client("with_httpx"),
    "urllib3": Client("with_urllib3"),
    "asyncio streams": Client("asyncio_streams"),
    "aiohttp": Client("with_aiohttp"),
    "async httpx": Client("async_httpx"),
    "trio": Client("with_trio"),
    "uvloop": Client("with_uvloop"),
    "redis-py": Client("with_redis", "redis"),
    "redis.asyncio": Client("redis_asyncio", "redis"),
    "pymysql": Client("with_pymysql", "mysql"),
    "aiomysql": Client("with_aiomysql", "mysql"),
    "asyncpg": Client("with_asyncpg", "postgres"),
    "grpc": Client("with_grpc", "grpc"),
    "psycopg": Client("with_psycopg", "postgres"),
}

# What a resolver answers is the machine's affair: see unresolvable_name().
_NO_NAME = ("name-not-found", "name-no-answer", "name-server-failed")

BY_ROW = {
    "refused": explained("connect-refused-reset"),
    "silent-host": explained("connect-timeout-deadline"),
    "icmp": explained("connect-unreachable-host"),
    "full-queue": explained("connect-timeout-deadline"),
    "no-name": explained(*_NO_NAME),
    "reset": explained("peer-reset-idle"),
    "stale": explained("peer-closed"),
    "read-host-silent": explained("timeout-peer-silent"),
    "read-program-slow": explained("timeout-program-slow"),
    "tls-reset": explained("tls-reset"),
    "tls-plain-text": explained("tls-plain-text"),
    "tls-expired": explained("tls-certificate"),
}

_ASYNCPG_TIMER = (
    "asyncpg's timer is in its compiled protocol: the TimeoutError has no "
    "cause, and nothing has failed on the socket"
)
_GRPC_DEADLINE = (
    "gRPC says `Deadline Exceeded` whatever it waited for, a connection or an "
    "answer, and its sockets are of its own C core"
)
_GRPC_SESSION = (
    "the text has no address, and the socket is of gRPC's own C core: RST or "
    "FIN is told, not whose data was the newest"
)
_LIBPQ_SESSION = (
    "libpq says `server closed the connection unexpectedly` of a RST, of a "
    "FIN and of a failed write alike, and has closed the socket"
)
_PSYCOPG_TIMER = "the text has no address: `connection timeout expired`"

# By what a text or an errno tells: whether a RST or an ICMP message refused it
# does not stand there.
_BY_TEXT = explained("connect-refused")

OTHERWISE = {
    # libuv has closed the socket.
    ("uvloop", "refused"): _BY_TEXT,
    ("uvloop", "tls-reset"): explained("peer-reset"),
    ("asyncpg", "read-host-silent"): nothing(_ASYNCPG_TIMER),
    ("asyncpg", "read-program-slow"): nothing(_ASYNCPG_TIMER),
    ("grpc", "refused"): _BY_TEXT,
    ("grpc", "silent-host"): nothing(_GRPC_DEADLINE),
    ("grpc", "full-queue"): nothing(_GRPC_DEADLINE),
    ("grpc", "reset"): named("peer-reset", because=_GRPC_SESSION),
    ("grpc", "stale"): named("peer-closed", because=_GRPC_SESSION),
    ("grpc", "read-host-silent"): nothing(_GRPC_DEADLINE),
    ("grpc", "read-program-slow"): nothing(_GRPC_DEADLINE),
    ("psycopg", "refused"): _BY_TEXT,
    ("psycopg", "silent-host"): named(
        "connect-timeout-deadline", because=_PSYCOPG_TIMER
    ),
    ("psycopg", "icmp"): nothing(
        "psycopg asks libpq before the connect has ended; libpq takes it for "
        "made, and the errno is lost: `server closed the connection`. If the "
        "ICMP message comes sooner than that, it is explained"
    ),
    ("psycopg", "full-queue"): named(
        "connect-timeout-deadline", because=_PSYCOPG_TIMER
    ),
    ("psycopg", "reset"): nothing(_LIBPQ_SESSION),
    ("psycopg", "stale"): nothing(_LIBPQ_SESSION),
    ("psycopg", "read-host-silent"): named(
        "peer-silent",
        because="the text has no address, and libpq has closed the socket; "
        "that its kernel gave up (`tcp_user_timeout`) is told",
    ),
    ("psycopg", "read-program-slow"): nothing(
        "libpq has no timeout for an answer: it waits for ever, and nothing "
        "fails",
        waits=True,
    ),
}


class Race(NamedTuple):
    """A cell in which the client says now this and now that, plain as well.

    Attributes:
        texts: the part of the text that differs.
        instead: what is expected of the texts that come more seldom.
        because: why they differ, for readers of this file.
    """

    texts: tuple[str, ...]
    instead: Cell
    because: str


RACES = {
    ("psycopg", "icmp"): Race(
        (
            "server closed the connection unexpectedly\n\tThis probably means "
            "the server terminated abnormally\n\tbefore or while processing "
            "the request.",
            "No route to host\n\tIs the server running on that host and "
            "accepting TCP/IP connections?",
        ),
        explained("connect-unreachable-host"),
        "the errno is kept if the ICMP message comes before psycopg asks",
    ),
}


def expected(client, row):
    """The `Cell` that is expected of a client in a row."""
    return OTHERWISE.get((client, row), BY_ROW[row])


def allowed(client, row):
    """The expected `Cell`, and that of a race which the client lost."""
    cells = [expected(client, row)]
    if (client, row) in RACES:
        cells.append(RACES[client, row].instead)
    return cells


def every_cell():
    """All of the table: client, row and `Cell`, a client after the other."""
    for client in CLIENTS:
        for row in ROWS:
            yield client, row, expected(client, row)
