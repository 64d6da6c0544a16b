"""why(): the explanation of any exception, ours or not."""

import asyncio
import errno
import socket

import pytest

import pysock
from pysock import Explanation
from support.child import run


def failure(call, *arguments):
    with pytest.raises(OSError) as info:  # noqa: PT011
        call(*arguments)
    return info.value


def test_ours(refusing_address, family):
    with pysock.socket(family.number) as sock:
        error = failure(sock.connect, refusing_address)
    told = pysock.why(error)
    assert isinstance(told, Explanation)
    assert told.code == "connect-refused-reset"
    assert told == error.explain()


def test_the_one_that_is_being_handled(refusing_address, family):
    assert pysock.why() is None
    with pysock.socket(family.number) as sock:
        try:
            sock.connect(refusing_address)
        except OSError:
            assert pysock.why().code == "connect-refused-reset"
    assert pysock.why() is None


def test_what_wraps_it(refusing_address, family):
    with pysock.socket(family.number) as sock:
        error = failure(sock.connect, refusing_address)
    wrapped = ValueError("no luck")
    wrapped.__context__, wrapped.__suppress_context__ = error, True
    group = ExceptionGroup("all", [KeyError("x"), wrapped])
    for outer in (wrapped, group, RuntimeError("args", error)):
        assert pysock.why(outer).code == "connect-refused-reset"


def test_the_noted_face():
    said = run("""
        import socket
        import pysock
        pysock.install()
        try:
            socket.create_connection(("127.0.0.1", 9), timeout=5)
        except OSError as error:
            assert type(error) is ConnectionRefusedError
            print(pysock.why(error))
    """).stdout.splitlines()
    assert said[0].startswith("why   nothing listens on port 9 of 127.0.0.1")
    assert said[-1] == "code  connect-refused-reset"


def test_a_plain_one_with_its_address(refusing_address, family):
    with socket.socket(family.number) as sock:
        error = failure(sock.connect, refusing_address)
    assert pysock.why(error) is None
    told = pysock.why(error, address=refusing_address)
    # By a RST or by ICMP: it does not tell.
    assert told.code == "connect-refused"
    port = refusing_address[1]
    assert told.why.startswith(f"nothing listens on port {port} of ")


def test_asyncio_writes_the_address_itself(refusing_address):
    async def connect():
        await asyncio.open_connection(*refusing_address[:2])

    error = failure(asyncio.run, connect())
    told = pysock.why(error)
    assert told.code == "connect-refused"
    assert str(refusing_address[1]) in told.why


def test_a_name(family):
    error = failure(socket.getaddrinfo, "no-such-name.invalid", 80)
    told = pysock.why(error, address=("no-such-name.invalid", 80))
    assert told.code.startswith("name-")
    assert "no-such-name.invalid" in told.why
    assert pysock.why(error).code == told.code


@pytest.mark.parametrize(
    "ask",
    [
        lambda: socket.gethostbyname("nobody.invalid"),
        lambda: socket.getnameinfo(("192.0.2.1", 1), socket.NI_NAMEREQD),
    ],
)
def test_a_resolver_s_number_that_may_be_of_either(ask):
    """A function of C is not wrapped: nobody knows which of them it was."""
    with pytest.raises(socket.gaierror) as caught:
        ask()
    pysock_says = pysock.why(socket.gaierror(socket.EAI_NONAME, "")).why
    assert "no address for a name, or no name for an address" in pysock_says
    assert pysock.why(caught.value).code.startswith("name-")
    assert "the name (not known)" not in str(pysock.why(caught.value))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ECONNRESET, "peer-reset"),
        (errno.EPIPE, "broken-pipe"),
        (errno.EADDRINUSE, "bind-in-use"),
        (errno.EHOSTUNREACH, "connect-unreachable-host"),
    ],
)
def test_plain_errnos(number, code):
    told = pysock.why(OSError(number, "x"), address=("192.0.2.1", 80))
    assert told.code == code
    assert "192.0.2.1" in str(told)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        TimeoutError("timed out"),
        OSError(errno.ETIMEDOUT, "x"),
        FileNotFoundError(errno.ENOENT, "x", "a file"),
        OSError("no errno"),
        KeyboardInterrupt(),
    ],
)
def test_what_cannot_be_told(error):
    assert pysock.why(error, address=("192.0.2.1", 80)) is None


@pytest.mark.parametrize("address", [(), ("x",), 7, "host:80", (None, None)])
def test_an_address_that_is_none_is_survived(address):
    for kind, number in ((ConnectionRefusedError, 111), (OSError, 98)):
        told = pysock.why(kind(number, "x"), address=address)
        assert told is None or told.code


@pytest.mark.parametrize("free", [0, 1, 2])
def test_a_loop_that_has_no_descriptor_to_start(free):
    """Its epoll, then its pair of sockets: no method of a socket fails."""
    run(
        f"""
        import asyncio, contextlib, os, pysock, resource
        # Nothing can be loaded at the limit.
        asyncio.new_event_loop().close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        held = []
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        for _ in range({free}):
            os.close(held.pop())
        try:
            asyncio.new_event_loop()
        except OSError as error:
            caught = error
        for _ in range(10):
            os.close(held.pop())
        said = pysock.why(caught)
        assert said.code == "no-descriptor", said
        assert "this process has no descriptor left" in said.why, said
        assert any(" of 64 descriptors are open now" in s for s in said.seen)
        """
    )


def test_a_limit_that_may_be_of_something_else():
    """inotify has one of its own, with the same errno."""
    with pytest.raises(OSError, match="Too many") as caught:
        raise OSError(errno.EMFILE, "Too many open files")
    assert pysock.why(caught.value) is None
    named = OSError(errno.EMFILE, "Too many open files", "/etc/hostname")
    assert pysock.why(named) is None
