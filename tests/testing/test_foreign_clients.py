"""Five clients of other people under each failure that concerns them.

What each raises is its own affair, and is written down here as it was seen;
the code is what pysock finds behind it.
"""

import http.client
import socket
import struct
from typing import NamedTuple

import aiohttp
import pymysql
import pytest
import redis
import requests
import requests.exceptions as requests_errors

import pysock
from pysock import testing
from pysock.testing import fails_with
from testing import foreign

# MySQL speaks first: protocol 10, a version, a salt, a native password.
_GREETING = (
    b"\x0a8.0.0\0" + struct.pack("<I", 1) + b"saltsalt\0"
    + struct.pack("<HBHHB", 0xF7FF, 33, 2, 0x8008, 21) + bytes(10)
    + b"saltsaltsalt\0mysql_native_password\0"
)  # fmt: skip
MYSQL = struct.pack("<I", len(_GREETING)) + _GREETING
REDIS = b"$1000\r\n" + b"x" * 1000 + b"\r\n"


class Case(NamedTuple):
    """A client, a failure, what the client raises, and the code behind it."""

    name: str
    client: object
    failure: object
    raises: type
    code: object

    def __str__(self):
        return f"{self.client.__name__}-{self.name}"


def cases(client, *rows):
    return [Case(name, client, *rest) for name, *rest in rows]


def reset(when="request", **kwargs):
    return lambda: testing.resetting(when, 100, **kwargs)


def mysql(*steps):
    return lambda: testing.script([("send", MYSQL), *steps])


# In the same millisecond as the greeting: whose data is newer is not known.
AT_LOGIN = ("peer-reset", "peer-reset-unanswered")
NO_LOGIN = ("timeout", "timeout-program-slow")
AT_ONCE = ("connect-reset", "peer-reset-at-once", "peer-reset-unanswered")
NO_NAME = ("name-not-found", "name-no-answer", "name-server-failed")

CASES = [
    *cases(
        foreign.http_client,
        ("refusing", testing.refusing, ConnectionRefusedError,
         "connect-refused-reset"),
        ("full-queue", testing.full_queue, TimeoutError,
         "connect-timeout-deadline"),
        ("accepting-never", testing.accepting_never, TimeoutError,
         "timeout-program-slow"),
        ("silent-after", testing.silent_after, TimeoutError,
         "timeout-program-slow"),
        ("half-answer", testing.half_answer, TimeoutError, "timeout"),
        ("resetting-request", reset(), ConnectionResetError,
         "peer-reset-unanswered"),
        ("resetting-body", reset("body"), ConnectionResetError,
         "peer-reset-idle"),
        ("unresolvable", testing.unresolvable_name, socket.gaierror, NO_NAME),
    ),
    *cases(
        foreign.requests_get,
        ("refusing", testing.refusing, requests_errors.ConnectionError,
         "connect-refused-reset"),
        ("full-queue", testing.full_queue, requests_errors.ConnectTimeout,
         "connect-timeout-deadline"),
        ("accepting-never", testing.accepting_never,
         requests_errors.ReadTimeout, "timeout-program-slow"),
        ("silent-after", testing.silent_after, requests_errors.ReadTimeout,
         "timeout-program-slow"),
        ("half-answer", testing.half_answer, requests_errors.ConnectionError,
         "timeout"),
        ("resetting-request", reset(), requests_errors.ConnectionError,
         "peer-reset-unanswered"),
        ("resetting-body", reset("body"),
         requests_errors.ChunkedEncodingError, "peer-reset-idle"),
        ("unresolvable", testing.unresolvable_name,
         requests_errors.ConnectionError, NO_NAME),
    ),
    *cases(
        foreign.aiohttp_get,
        ("refusing", testing.refusing, aiohttp.ClientConnectorError,
         "connect-refused-reset"),
        ("full-queue", testing.full_queue, aiohttp.ConnectionTimeoutError,
         "connect-timeout-deadline"),
        ("accepting-never", testing.accepting_never,
         aiohttp.SocketTimeoutError, "timeout-program-slow"),
        ("silent-after", testing.silent_after, aiohttp.SocketTimeoutError,
         "timeout-program-slow"),
        ("half-answer", testing.half_answer, aiohttp.SocketTimeoutError,
         "timeout"),
        ("resetting-accept", reset("accept"), aiohttp.ClientOSError, AT_ONCE),
        ("resetting-request", reset(), aiohttp.ClientOSError,
         "peer-reset-unanswered"),
        ("resetting-body", reset("body"), aiohttp.ClientPayloadError,
         "peer-reset-idle"),
        ("unresolvable", testing.unresolvable_name,
         aiohttp.ClientConnectorError, NO_NAME),
    ),
    *cases(
        foreign.redis_ping,
        ("refusing", testing.refusing, redis.ConnectionError,
         "connect-refused-reset"),
        ("full-queue", testing.full_queue, redis.TimeoutError,
         "connect-timeout-deadline"),
        ("accepting-never", testing.accepting_never, redis.TimeoutError,
         "timeout-program-slow"),
        ("silent-after", testing.silent_after, redis.TimeoutError,
         "timeout-program-slow"),
        ("half-answer", lambda: testing.half_answer(answer=REDIS[:50]),
         redis.TimeoutError, "timeout"),
        ("resetting-request", reset(), redis.ConnectionError,
         "peer-reset-unanswered"),
        ("resetting-body", reset("body", answer=REDIS),
         redis.ConnectionError, "peer-reset-idle"),
        ("unresolvable", testing.unresolvable_name, redis.ConnectionError,
         NO_NAME),
    ),
    *cases(
        foreign.pymysql_connect,
        ("refusing", testing.refusing, pymysql.OperationalError,
         "connect-refused-reset"),
        ("full-queue", testing.full_queue, pymysql.OperationalError,
         "connect-timeout-deadline"),
        ("accepting-never", testing.accepting_never, pymysql.OperationalError,
         "timeout-nothing-sent"),
        ("silent-after-login", mysql("request", "silence"),
         pymysql.OperationalError, NO_LOGIN),
        ("resetting-accept", reset("accept"), pymysql.OperationalError,
         AT_ONCE),
        ("resetting-login", mysql("request", "reset"),
         pymysql.OperationalError, AT_LOGIN),
        ("unresolvable", testing.unresolvable_name, pymysql.OperationalError,
         NO_NAME),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_code_behind_what_a_client_raises(case):
    expected = fails_with(code=case.code, error=case.raises)
    with case.failure() as address, expected:
        case.client(address)


# The end of a stream is no exception of a socket; that it came is told.
@pytest.mark.usefixtures("noted")
@pytest.mark.parametrize(
    ("client", "when", "raises"),
    [
        (foreign.http_client, "request", http.client.RemoteDisconnected),
        (foreign.http_client, "body", http.client.IncompleteRead),
        (foreign.requests_get, "request", requests.ConnectionError),
        (foreign.requests_get, "body", requests_errors.ChunkedEncodingError),
        (foreign.aiohttp_get, "request", aiohttp.ServerDisconnectedError),
        (foreign.aiohttp_get, "body", aiohttp.ClientPayloadError),
        (foreign.redis_ping, "request", redis.ConnectionError),
        (foreign.pymysql_connect, "accept", pymysql.OperationalError),
    ],
)
def test_client_of_a_server_that_closes(client, when, raises):
    with testing.closing(when, 100) as address:
        with pytest.raises(raises) as info:
            client(address)
        assert pysock.why(info.value).code == "peer-closed"


TLS = {
    "plain-text": (testing.plain_text_on_tls, "tls-plain-text"),
    "expired": (lambda: testing.tls(expired=True), "tls-certificate"),
    "wrong-name": (lambda: testing.tls(wrong_name=True), "tls-certificate"),
    "reset": (lambda: testing.tls(reset_in_handshake=True), "tls-reset"),
}


@pytest.mark.parametrize(
    ("client", "raises"),
    [
        (foreign.http_client, OSError),
        (foreign.requests_get, requests.ConnectionError),
        (foreign.aiohttp_get, aiohttp.ClientConnectorError),
    ],
)
@pytest.mark.parametrize("fault", TLS)
def test_code_of_a_server_whose_tls_is_broken(client, raises, fault):
    manager, code = TLS[fault]
    with manager() as address, fails_with(code=code, error=raises):
        client(address)


@pytest.mark.parametrize(
    "client",
    [foreign.http_client, foreign.requests_get, foreign.aiohttp_get],
)
def test_client_of_a_server_in_good_health(client):
    """What the others fail by is the failure, not the server."""
    with testing.tls() as address:
        assert len(client(address)) == 16384
    with testing.script(["request", "answer"]) as address:
        assert len(client(address)) == 16384
