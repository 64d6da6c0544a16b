"""trio, and anyio on asyncio and on trio, under the noted face.

Each failure is compared with that of a plain run; httpx stands for what is
built on anyio.
"""

import contextlib
import importlib.util
import json

import pytest

from pysock import testing
from support import child
from support.requirements import skip_or_fail

pytestmark = pytest.mark.foreign

PARTS = """
    import json, ssl, sys
    import pysock
    face, peers = sys.argv[1:]
    silent, limit = False, 0.3
    globals().update(json.loads(peers))  # addresses by name
    if face == "noted":
        pysock.install()
    import anyio, httpx, trio
    if face == "late":
        pysock.install()

    heard = []
    pysock.on_failure(lambda error: heard.append(error.code))
    context = ssl.create_default_context()

    def url(address, scheme="http"):
        return "{}://{}:{}".format(scheme, *address)

    # trio
    async def trio_connects():
        with trio.fail_after(limit):
            await trio.open_tcp_stream(*there)

    async def trio_reads(address):
        stream = await trio.open_tcp_stream(*address)
        await stream.send_all(b"hello")
        with trio.fail_after(limit):
            if not await stream.receive_some(9):
                raise ConnectionError("closed by the server")

    async def trio_tls(address):
        stream = await trio.open_tcp_stream(*address)
        stream = trio.SSLStream(stream, context, server_hostname="localhost")
        with trio.fail_after(limit):
            await stream.do_handshake()

    # anyio
    async def anyio_connects():
        with anyio.fail_after(limit):
            await anyio.connect_tcp(*there)

    async def anyio_reads(address):
        stream = await anyio.connect_tcp(*address)
        await stream.send(b"hello")
        with anyio.fail_after(limit):
            await stream.receive(9)

    async def anyio_tls(address):
        with anyio.fail_after(limit):
            await anyio.connect_tcp(
                *address, ssl_context=context, tls_hostname="localhost")

    async def httpx_gets(address):
        async with httpx.AsyncClient(timeout=limit) as client:
            await client.get(address)

    async def report(call):
        global limit
        # What waits is to be given up soon; a busy machine may need seconds.
        limit = 0.3 if "waits" in call or silent else 20
        heard.clear()
        try:
            await eval(call)
        except Exception as error:
            said = pysock.why(error)
            print(json.dumps([
                type(error).__name__, repr(error.args),
                said and said.code, said and said.why, heard,
            ]))
        else:
            print(json.dumps(["nothing failed", "", None, None, heard]))
"""

# What runs a call.
RUNS = {
    "trio": "trio.run(report, call)",
    "anyio": "anyio.run(report, call)",
    "anyio on trio": "anyio.run(report, call, backend='trio')",
}

CONNECTS = {
    "trio_connects()": ["trio"],
    "anyio_connects()": ["anyio", "anyio on trio"],
    "httpx_gets(url(there))": ["anyio", "anyio on trio"],
}
READS = {
    "trio_reads({peer})": ["trio"],
    "anyio_reads({peer})": ["anyio", "anyio on trio"],
    "httpx_gets(url({peer}))": ["anyio", "anyio on trio"],
}
HANDSHAKES = {
    "trio_tls({peer})": ["trio"],
    "anyio_tls({peer})": ["anyio", "anyio on trio"],
    "httpx_gets(url({peer}, 'https'))": ["anyio", "anyio on trio"],
}
PEERS = {
    "resets": testing.resetting,
    "closes": testing.closing,
    "waits": testing.silent_after,
    "speaks_http": testing.plain_text_on_tls,
}
OF_READ = {
    "resets": ("peer-reset-unanswered", "got no answer"),
    "closes": ("peer-closed", "FIN"),
    "waits": ("timeout-program-slow", "acknowledged all"),
}
OF_HANDSHAKE = {
    "resets": ("tls-reset", "before it answered"),
    "closes": ("tls-closed", "before it answered"),
    "waits": ("tls-timeout", "not finished in"),
    "speaks_http": ("tls-plain-text", "`HTTP/1.1 400 Bad Request`"),
}


def ways(calls, peers):
    return [
        (run, call.format(peer=peer), *expected)
        for call, runs in calls.items()
        for run in runs
        for peer, expected in peers.items()
    ]


ANSWERS = [*ways(READS, OF_READ), *ways(HANDSHAKES, OF_HANDSHAKE)]


def reports(face, cells, peers):
    """What each cell's failure is, all of them in one interpreter."""
    lines = [f"call = {call!r}\n    {RUNS[run]}" for run, call in cells]
    script = "\n    ".join([PARTS, *lines])
    done = child.run(script, face, json.dumps(peers), timeout=60)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(cells), done
    return dict(zip(cells, told, strict=True))


def compared(cells, peers, face="noted"):
    plain = reports("plain", cells, peers)
    noted = reports(face, cells, peers)
    for cell in cells:
        assert plain[cell][:2] == noted[cell][:2], cell
        # What OpenSSL says is told plain as well, without the peer.
        assert plain[cell][2:] != noted[cell][2:], cell
    return noted


@pytest.fixture(scope="module", autouse=True)
def packages():
    for name in ("anyio", "httpx", "trio"):
        if importlib.util.find_spec(name) is None:
            skip_or_fail(f"{name} is missing: pip install --group foreign")


@pytest.fixture(scope="module")
def peers():
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(make()) for name, make in PEERS.items()
        }


@pytest.fixture(scope="module")
def answers(packages, peers):
    return compared([way[:2] for way in ANSWERS], peers)


@pytest.mark.parametrize("way", ANSWERS, ids=lambda way: f"{way[0]}: {way[1]}")
def test_read_or_handshake(way, answers):
    *cell, code, words = way
    _, _, found, why, heard = answers[tuple(cell)]
    assert found == code, why
    assert words in why
    # One failure, one code: also to who hears of it as it is raised.
    assert heard in ([], [code])


@pytest.mark.parametrize(
    ("failing", "code", "words"),
    [
        (testing.refusing, "connect-refused-reset", "answered with a RST"),
        (testing.full_queue, "connect-timeout-deadline", "sent once in "),
    ],
)
def test_connect(failing, code, words):
    cells = [(run, call) for call, runs in CONNECTS.items() for run in runs]
    with failing() as address:
        silent = failing is testing.full_queue
        told = compared(cells, {"there": address, "silent": silent})
    for cell, (_, _, found, why, _) in told.items():
        assert (found, words in why) == (code, True), (cell, why)


def test_trio_that_was_there_before(peers):
    """It keeps the methods of the class as they were."""
    cells = [("trio", f"trio_reads({peer})") for peer in OF_READ]
    told = compared(cells, peers, face="late")
    assert [told[cell][2] for cell in cells] == [
        code for code, _ in OF_READ.values()
    ]


def test_a_timeout_of_something_else(peers):
    """A cancelled wait is no cause of what another scope raises later."""
    child.run(
        PARTS
        + """
    async def talk():
        try:
            await trio_reads(waits)
        except trio.TooSlowError as error:
            assert pysock.why(error).code == "timeout-program-slow"
        try:
            with trio.fail_after(0.01):
                await trio.sleep_forever()
        except trio.TooSlowError as error:
            assert pysock.why(error) is None
        raise_it = trio.TooSlowError()
        assert pysock.why(raise_it) is None

    trio.run(talk)
    """,
        "noted",
        json.dumps(peers),
    )


def test_a_trio_that_is_not_what_we_know():
    done = child.run(
        """
        import trio, warnings, pysock
        def other(self): ...
        trio._socket._SocketType.connect = other
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            pysock.install()
        assert trio._socket._SocketType.connect is other
        [warning] = seen
        print(warning.message)
        """
    )
    assert "does not know this trio" in done.stdout
    assert "_SocketType.connect" in done.stdout


def test_uninstall_leaves_them_as_they_were():
    child.run(
        """
        import anyio.streams.tls, anyio._backends._asyncio as backend
        import trio, pysock
        kinds = (
            trio._socket._SocketType, trio._core._io_epoll.EpollIOManager,
            trio.SSLStream, backend.SocketStream,
            anyio.streams.tls.TLSStream,
        )
        before = [dict(vars(kind)) for kind in kinds]
        pysock.install(trio=False, asyncio=False, tls=False)
        assert [dict(vars(kind)) for kind in kinds] == before
        pysock.install()
        now = [dict(vars(kind)) for kind in kinds]
        assert all(one != other for one, other in zip(now, before))
        pysock.uninstall()
        assert [dict(vars(kind)) for kind in kinds] == before
        """
    )
