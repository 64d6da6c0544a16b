"""Which suites of other projects peers.py runs, with what, how much of each.

What is left out here is left out of both runs, plain and noted.
"""

from collections import namedtuple

# needs: packages beside the project itself.
# tests: what pytest is given, in the unpacked sources.
# options: more words for it.
# server: a program to start first, `{port}` in its words and in `options`.
# beside: folders of the sources that would hide the installed package.
# part: what is run, where it is not all.
Suite = namedtuple(
    "Suite", "needs tests options server beside part",
    defaults=[(), (), (), (), "all"],
)  # fmt: skip

SUITES = {
    "aiohttp": Suite(
        ("aiodns", "blockbuster", "brotli", "coverage", "freezegun", "isal",
         "proxy.py",
         "pytest-codspeed", "pytest-mock", "pytest-timeout", "pytest-xdist",
         "python-on-whales", "re-assert", "trustme", "uvloop", "zlib_ng"),
        tuple(f"tests/test_{name}.py" for name in (
            "client_connection", "client_functional", "client_session",
            "client_ws_functional", "connector", "proxy_functional",
            "resolver", "run_app", "tcp_helpers", "web_functional",
            "web_protocol", "web_runner", "web_sendfile_functional",
            "web_server", "web_websocket_functional")),
        beside=("aiohttp",),
        part="client, server, proxy, websocket and connector"),
    "anyio": Suite(
        ("trio", "trustme", "psutil", "hypothesis", "exceptiongroup",
         "pytest-mock", "pytest-timeout", "truststore", "blockbuster"),
        ("tests/test_sockets.py", "tests/streams",
         "tests/test_eventloop.py"), part="sockets, streams, TLS"),
    "celery": Suite(
        ("pytest-celery", "pytest-click", "pytest-order", "pytest-subtests",
         "pytest-rerunfailures", "pytest-timeout", "freezegun", "gevent",
         "pytz", "redis"),
        ("t/unit/worker", "t/unit/concurrency", "t/unit/test_loops.py",
         "t/unit/app/test_amqp.py", "t/unit/app/test_control.py",
         *(f"t/unit/backends/test_{name}.py" for name in (
             "asynchronous", "redis", "rpc"))),
        ("--timeout=30",),
        part="worker, its loops and pools, AMQP, results over redis and RPC"),
    "cheroot": Suite(
        ("portend", "trustme", "jaraco.text", "requests",
         "requests-unixsocket", "pytest-mock", "pyopenssl", "jaraco.context",
         "requests-toolbelt", "urllib3", "pypytools", "pytest-timeout"),
        ("cheroot/test",),
        ("-k", "not private_key_password", "--timeout=30",
         # pyOpenSSL's, of what cheroot calls; its settings make it an error.
         "-W", "ignore::DeprecationWarning"),
        part="all but what asks for a password"),
    "gevent": Suite(
        ("psutil", "dnspython", "pytest-timeout"), (),
        ("--timeout=60", "--pyargs",
         *(f"gevent.tests.test__{name}" for name in (
             "socket", "socket_close", "socket_errors",
             "socket_send_memoryview",
             "socket_timeout", "socketpair", "server", "pywsgi", "ssl"))),
        part="the tests of its sockets and servers"),
    "h11": Suite((), ("h11/tests",)),
    "httpcore": Suite(
        ("h2", "socksio", "trio", "anyio", "pytest-httpbin",
         "pytest-trio"), ("tests",)),
    "httpx": Suite(
        ("h2", "socksio", "trio", "brotli", "zstandard", "chardet", "click",
         "rich", "pygments", "cryptography", "trustme", "uvicorn"),
        ("tests",)),
    "hypercorn": Suite(
        ("h2", "hypothesis", "pytest-asyncio", "pytest-trio", "trio",
         "exceptiongroup", "httpx"), ("tests",)),
    "kombu": Suite(
        ("pytest-timeout", "pytest-freezer", "hypothesis", "redis",
         "PyYAML", "msgpack", "gevent", "SQLAlchemy", "pytz"),
        ("t/unit/asynchronous", "t/unit/test_connection.py",
         "t/unit/test_pools.py", "t/unit/test_simple.py",
         "t/unit/test_common.py", "t/unit/test_messaging.py",
         "t/unit/test_mixins.py", "t/unit/transport/virtual",
         "t/unit/utils/test_eventio.py",
         *(f"t/unit/transport/test_{name}.py" for name in (
             "base", "memory", "pyamqp", "redis", "transport"))),
        ("--timeout=30", "--ignore=t/unit/asynchronous/aws"),
        part="connections, event loop, AMQP, redis"),
    "paramiko": Suite(
        ("icecream", "pytest-relaxed", "lexicon", "invoke",
         "pytest-timeout"), ("tests",), ("--timeout=60",)),
    "pyftpdlib": Suite(
        ("psutil", "pyopenssl", "pyasyncore", "pyasynchat",
         "pytest-timeout"), ("tests",),
        ("--timeout=30", "--ignore", "tests/test_functional_ssl.py"),
        part="without TLS, which crashes the interpreter"),
    "pymemcache": Suite(
        ("gevent", "pytest-mock", "zstd", "faker"), ("pymemcache/test",),
        ("--port", "{port}"),
        server=("memcached", "-u", "nobody", "-l", "127.0.0.1",
                "-p", "{port}")),
    "redis": Suite(
        ("pytest-asyncio", "pytest-timeout", "pytest-cov", "mock",
         "numpy", "cachetools", "hiredis", "PyJWT", "pybreaker",
         "redis-entraid", "opentelemetry-api", "opentelemetry-sdk"),
        ("tests",),
        ("--redis-url", "redis://127.0.0.1:{port}/0",
         "-m", "not onlycluster and not redismod and not graph",
         *(f"--ignore=tests/{folder}{name}"
           for folder in ("", "test_asyncio/")
           for name in ("maint_notifications", "test_multidb",
                        "test_observability", "test_scenario",
                        "test_sentinel.py"))),
        server=("redis-server", "--port", "{port}", "--bind", "127.0.0.1",
                "--save", "", "--enable-debug-command", "yes"),
        part="what needs one server, and no modules of it"),
    "requests": Suite(
        ("httpbin", "pytest-httpbin", "pytest-mock", "trustme", "PySocks"),
        ("tests",)),
    "tornado": Suite(
        ("pycurl",), (),
        ("-o", "python_files=*_test.py", "--log-disable=tornado.access",
         "--pyargs", "tornado.test")),
    # The test that is lost leaves a listener behind, for whatever test runs
    # when the collector finds it: hence no warning of that is an error.
    "trio": Suite(
        ("trustme", "pyopenssl", "astor", "async_generator"), (),
        ("--pyargs", "trio", "-p", "trio._tests.pytest_plugin",
         "--skip-optional-imports",
         "-W", "ignore::pytest.PytestUnraisableExceptionWarning")),
    "twisted": Suite(
        ("pyopenssl", "service-identity", "idna", "hypothesis", "httpx",
         "pyhamcrest", "pytest-timeout"), (),
        ("--timeout=60", "--pyargs", *(f"twisted.{name}" for name in (
            "internet.test.test_tcp", "internet.test.test_udp",
            "internet.test.test_unix", "internet.test.test_socket",
            "internet.test.test_endpoints", "internet.test.test_resolver",
            "test.test_tcp", "test.test_udp", "test.test_unix",
            "test.test_ssl", "test.test_internet", "web.test.test_http",
            "web.test.test_webclient", "protocols.test.test_tls"))),
        part="TCP, UDP, UNIX, TLS, endpoints, HTTP"),
    "urllib3": Suite(
        ("hypercorn", "quart", "quart-trio", "trio", "trustme", "tornado",
         "PySocks", "pytest-timeout", "pytest-socket", "cryptography",
         "pyopenssl", "idna", "h2", "httpx", "brotli", "zstandard",
         "towncrier"), ("test",),
        ("--timeout=20", "-k", "not http2_probe_blocked_per_thread"),
        part="all but a test whose threads wait for ever, now and then"),
    "uvicorn": Suite(
        ("httpx2", "httptools", "websockets", "wsproto", "anyio", "trustme",
         "a2wsgi", "pytest-mock", "cryptography", "python-dotenv", "pyyaml",
         "watchfiles", "pytest-xdist", "typing_extensions"), ("tests",)),
    "uvloop": Suite(
        ("psutil", "pyopenssl", "aiohttp"),
        tuple(f"tests/test_{name}.py" for name in (
            "dns", "sockets", "tcp", "udp", "unix")),
        beside=("uvloop",), part="DNS, sockets, TCP, TLS, UDP, UNIX"),
    "waitress": Suite((), ("tests",)),
    "Werkzeug": Suite(
        ("ephemeral-port-reserve", "pytest-timeout", "cryptography",
         "watchdog"), ("tests",), ("--timeout=60", "-k", "not reloader"),
        part="all but the reloader"),
}  # fmt: skip

# Suite: what a test's name contains, and why it is lost.
EXPECTED = {
    "trio": {
        "test_open_tcp_listeners_rebind": "pytest's `match` reads notes",
    },
}
