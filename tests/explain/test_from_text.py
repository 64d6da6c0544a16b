"""What libpq and gRPC write is read; any other text tells nothing.

The clients themselves are met in tests/clients/reach/.
"""

import os
import socket
import ssl

import pytest

import pysock

LIBPQ = 'connection failed: connection to server at "{}", port 5432 failed: {}'
CLOSED = (
    "server closed the connection unexpectedly\n"
    "\tThis probably means the server terminated abnormally\n"
    "\tbefore or while processing the request."
)
GRPC = """<_InactiveRpcError of RPC that terminated with:
\tstatus = StatusCode.UNAVAILABLE
\tdetails = "{0}"
\tdebug_error_string = "UNAVAILABLE:{0}"
>"""
TRIED = "failed to connect to all addresses; last error: "
TLS_FAILED = (
    "UNKNOWN: ipv4:192.0.2.1:443: Tls handshake failed "
    "(TSI_PROTOCOL_FAILURE): SSL_ERROR_SSL: error:1000007d:SSL routines:"
    "OPENSSL_internal:"
)


def of(library, name, text):
    kind = type(name, (Exception,), {"__module__": f"{library}.somewhere"})
    return kind(text)


def psycopg(text, name="OperationalError"):
    return of("psycopg", name, text)


def grpc(text):
    return of("grpc", "_InactiveRpcError", GRPC.format(text))


@pytest.mark.parametrize(
    ("text", "code", "peer"),
    [
        (
            LIBPQ.format("192.0.2.1", "Connection refused\n\tIs the server"),
            "connect-refused",
            "192.0.2.1",
        ),
        (
            'connection to server at "db" (::1), port 5432 failed: '
            "Connection refused\n\tIs the server running on that host and "
            "accepting TCP/IP connections?\nconnection to server at "
            '"db" (192.0.2.1), port 5432 failed: No route to host\n\tIs',
            "connect-unreachable-host",
            "192.0.2.1",
        ),
        (LIBPQ.format("192.0.2.1", "Connection timed out"),
         "connect-timeout-kernel", "192.0.2.1"),
        (LIBPQ.format("192.0.2.1", "timeout expired\n"),
         "connect-timeout-deadline", "192.0.2.1"),
        (LIBPQ.format("192.0.2.1", "could not receive data from server: "
                      "Connection reset by peer"), "peer-reset", "192.0.2.1"),
        (LIBPQ.format("192.0.2.1", CLOSED + "\nSSL SYSCALL error: "
                      "Connection reset by peer"), "tls-reset", "192.0.2.1"),
        (LIBPQ.format("192.0.2.1", "SSL SYSCALL error: EOF detected"),
         "tls-closed", "192.0.2.1"),
        (LIBPQ.format("192.0.2.1", "SSL error: wrong version number\nThis"),
         "tls-plain-text", "192.0.2.1"),
        (LIBPQ.format("192.0.2.1", "SSL error: certificate verify failed"),
         "tls-certificate", "192.0.2.1"),
        ("failed to resolve host 'no.invalid': [Errno -2] Name or service "
         "not known", "name-not-found", "no.invalid"),
    ],
)  # fmt: skip
def test_libpq(text, code, peer):
    told = pysock.why(psycopg(text))
    assert told.code == code
    assert peer in told.why
    # Wrapped, as by an ORM.
    outer = RuntimeError("query failed")
    outer.__cause__ = psycopg(text)
    assert pysock.why(outer).code == code


@pytest.mark.parametrize(
    ("text", "code", "peer"),
    [
        (TRIED + "UNKNOWN: ipv4:192.0.2.1:9: Failed to connect to remote "
         "host: Connection refused", "connect-refused", "192.0.2.1"),
        (TRIED + "UNKNOWN: ipv6:%5B2001:db8::1%5D:9: Failed to connect to "
         "remote host: connect: Network is unreachable",
         "connect-unreachable-net", "2001:db8::1"),
        (TRIED + "UNKNOWN: ipv4:192.0.2.1:9: Failed to connect to remote "
         "host: getsockopt(SO_ERROR): No route to host",
         "connect-unreachable-host", "192.0.2.1"),
        (TRIED + "UNAVAILABLE: ipv4:192.0.2.1:443: Handshake read failed "
         "(recvmsg:Connection reset by peer (104))", "tls-reset", ":443"),
        (TRIED + TLS_FAILED + "CERTIFICATE_VERIFY_FAILED: certificate has "
         "expired: OK", "tls-certificate", "certificate has expired"),
        (TRIED + TLS_FAILED + "WRONG_VERSION_NUMBER: Invalid certificate "
         "verification context: OK", "tls-plain-text", "192.0.2.1"),
        ("errors resolving no.invalid:80: [field:hostname lookup "
         "error:address lookup failed for no.invalid:80: Domain name not "
         "found]", "name-not-found", "no.invalid"),
        ("DNS resolution failed for no.invalid:80: C-ares status is not "
         "ARES_SUCCESS qtype=A name=no.invalid is_balancer=0: Timeout while "
         "contacting DNS servers", "name-no-answer", "no.invalid"),
    ],
)  # fmt: skip
def test_grpc(text, code, peer):
    told = pysock.why(grpc(text))
    assert told.code == code
    assert peer in told.why


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (grpc("Stream removed (recvmsg:Connection reset by peer (104))"),
         "peer-reset"),
        (grpc("Stream removed (Socket closed)"), "peer-closed"),
        (psycopg("connection timeout expired", "ConnectionTimeout"),
         "connect-timeout-deadline"),
        (psycopg("consuming input failed: could not receive data from "
                 "server: Connection timed out"), "peer-silent"),
    ],
)  # fmt: skip
def test_texts_without_an_address(error, code):
    assert pysock.why(error) is None
    told = pysock.why(error, address=("192.0.2.1", 5432))
    assert told.code == code
    assert "192.0.2.1" in str(told)


@pytest.mark.parametrize(
    "error",
    [
        # Of a FIN, a RST and a failed write alike.
        psycopg(LIBPQ.format("192.0.2.1", CLOSED)),
        psycopg("consuming input failed: " + CLOSED),
        psycopg('connection to server on socket "/run/.s.PGSQL.5432" failed'),
        psycopg(LIBPQ.format("192.0.2.1", "FATAL:  no such database")),
        psycopg("syntax error at or near \"connection\""),
        grpc("Deadline Exceeded"),
        grpc("Method not found!"),
        grpc(TRIED + "ipv4:192.0.2.1:443: Handshake read failed (whatever)"),
        grpc("errors resolving no.invalid:80: [whatever]"),
        # Somebody else's words.
        Exception(LIBPQ.format("192.0.2.1", "Connection refused")),
        of("elsewhere", "Error", TRIED + "ipv4:192.0.2.1:9: Connection "
           "refused"),
    ],
)  # fmt: skip
def test_what_tells_nothing(error):
    assert pysock.why(error, address=("192.0.2.1", 5432)) is None


def test_text_that_cannot_be_made():
    class Error(Exception):
        __module__ = "grpc"

        def __str__(self):
            raise ValueError("no text")

    assert pysock.why(Error()) is None


def test_words_of_this_process_language(monkeypatch):
    said = psycopg(LIBPQ.format("192.0.2.1", "Verbindungsaufbau abgelehnt"))
    assert pysock.why(said) is None
    monkeypatch.setattr(
        os, "strerror", lambda _: "Verbindungsaufbau abgelehnt"
    )
    assert pysock.why(said).code == "connect-refused"


def of_openssl(reason, message=None):
    kind = ssl.SSLError if message is None else ssl.SSLCertVerificationError
    error = kind(1, f"[SSL: {reason}] (_ssl.c:1006)")
    error.reason, error.verify_message = reason, message
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (of_openssl("WRONG_VERSION_NUMBER"), "tls-plain-text"),
        (of_openssl("CERTIFICATE_VERIFY_FAILED", "certificate has expired"),
         "tls-certificate"),
        (of_openssl("TLSV1_ALERT_PROTOCOL_VERSION"), "tls-version"),
        (of_openssl("TLSV1_ALERT_INTERNAL_ERROR"), "tls"),
    ],
)  # fmt: skip
def test_tls_in_memory(error, code):
    """The session's exception holds all that OpenSSL knows."""
    told = pysock.why(error)
    assert told.code == code
    assert "the peer" in told.why
    with_address = pysock.why(error, address=("192.0.2.1", 443))
    assert with_address.code == code
    assert "192.0.2.1:443" in with_address.why


@pytest.mark.parametrize(
    "error",
    [
        # A FIN or a RST, of which no trace is left.
        of_openssl("UNEXPECTED_EOF_WHILE_READING"),
        ssl.SSLWantReadError(2, "The operation did not complete (read)"),
        ssl.SSLError("no reason"),
    ],
)
def test_tls_that_tells_nothing(error):
    assert pysock.why(error) is None


def test_who_asks_again_asks_about_the_same():
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    first = pysock.why(error, address=("no.invalid", 80))
    assert pysock.why(error, address=("no.invalid", 80)) == first
    assert "again" not in str(first)
