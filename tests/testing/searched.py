"""What people search for: the text that a library shows, and what is behind.

test_searched.py makes each with the library; docs/errors/ is made from this.
"""

from typing import NamedTuple


class Searched(NamedTuple):
    """A text in what a library raises.

    Attributes:
        library: as people call it.
        client: a function of foreign.py.
        manager: of pysock.testing, with its arguments.
        text: what stands in the exception, its class name included.
        codes: what may be behind it here.
    """

    library: str
    client: str
    manager: tuple
    text: str
    codes: tuple


REFUSED, RESET = ("connect-refused-reset",), ("peer-reset-unanswered",)
BROKEN_OFF, CLOSED = ("peer-reset-idle",), ("peer-closed",)
SLOW, NO_ANSWER = ("timeout-program-slow",), ("connect-timeout-deadline",)
NO_NAME = ("name-not-found", "name-no-answer", "name-server-failed")
PLAIN, CERTIFICATE = ("tls-plain-text",), ("tls-certificate",)

HTTP, REQUESTS = ("http.client", "http_client"), ("requests", "requests_get")
AIOHTTP, REDIS = ("aiohttp", "aiohttp_get"), ("redis", "redis_ping")
MYSQL, HTTPS = ("pymysql", "pymysql_connect"), ("http.client", "https_client")

SEARCHED = [
    Searched(*library, manager, text, codes)
    for library, manager, text, codes in (
        (REQUESTS, ("refusing",), "Max retries exceeded with url", REFUSED),
        (REQUESTS, ("refusing",), "Failed to establish a new connection",
         REFUSED),
        (AIOHTTP, ("refusing",), "Cannot connect to host", REFUSED),
        (REDIS, ("refusing",), "Error 111 connecting to", REFUSED),
        (MYSQL, ("refusing",), "(2003, \"Can't connect to MySQL server on",
         REFUSED),
        (REQUESTS, ("full_queue",), "Max retries exceeded with url",
         NO_ANSWER),
        (REQUESTS, ("unresolvable_name",), "Max retries exceeded with url",
         NO_NAME),
        (REQUESTS, ("plain_text_on_tls",), "Max retries exceeded with url",
         PLAIN),
        (AIOHTTP, ("unresolvable_name",), "Cannot connect to host", NO_NAME),
        (MYSQL, ("full_queue",), "(2003, \"Can't connect to MySQL server on",
         NO_ANSWER),
        (MYSQL, ("unresolvable_name",),
         "(2003, \"Can't connect to MySQL server on", NO_NAME),
        (REDIS, ("resetting", "request"), "Connection reset by peer", RESET),
        (REQUESTS, ("full_queue",), "ConnectTimeoutError", NO_ANSWER),
        (REDIS, ("full_queue",), "Timeout connecting to server", NO_ANSWER),
        (HTTP, ("closing", "request"),
         "Remote end closed connection without response", CLOSED),
        (REQUESTS, ("closing", "request"),
         "('Connection aborted.', RemoteDisconnected(", CLOSED),
        (AIOHTTP, ("closing", "request"), "Server disconnected", CLOSED),
        (REDIS, ("closing", "request"), "Connection closed by server", CLOSED),
        (HTTP, ("closing", "body", 100), "IncompleteRead", CLOSED),
        (REQUESTS, ("resetting", "request"),
         "('Connection aborted.', ConnectionResetError(104, "
         "'Connection reset by peer')", RESET),
        (AIOHTTP, ("resetting", "request"),
         "ClientOSError: [Errno 104] Connection reset by peer", RESET),
        (REDIS, ("resetting", "request"), "Error while reading from", RESET),
        (REQUESTS, ("resetting", "body", 100),
         "Connection broken: ConnectionResetError(104", BROKEN_OFF),
        (HTTP, ("silent_after",), "TimeoutError: timed out", SLOW),
        (REQUESTS, ("silent_after",), "Read timed out. (read timeout=", SLOW),
        (REDIS, ("silent_after",), "Timeout reading from", SLOW),
        (HTTP, ("unresolvable_name",), "gaierror: [Errno -", NO_NAME),
        (REQUESTS, ("unresolvable_name",), "NameResolutionError", NO_NAME),
        (HTTPS, ("silent_after",), "The handshake operation timed out",
         ("tls-timeout",)),
        (HTTP, ("plain_text_on_tls",), "[SSL: WRONG_VERSION_NUMBER]", PLAIN),
        (REQUESTS, ("plain_text_on_tls",), "[SSL: WRONG_VERSION_NUMBER]",
         PLAIN),
        (HTTP, ("tls", "expired"), "[SSL: CERTIFICATE_VERIFY_FAILED]",
         CERTIFICATE),
        (REQUESTS, ("tls", "expired"), "[SSL: CERTIFICATE_VERIFY_FAILED]",
         CERTIFICATE),
    )
]  # fmt: skip
