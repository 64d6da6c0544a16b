"""trio, and anyio on asyncio and on trio, under the noted face.

Each failure is compared with that of a plain run; httpx stands for what is
built on anyio.
"""

import importlib.util
import json

import pytest

from pysock import testing
from support import child
from support.requirements import skip_or_fail

pytestmark = pytest.mark.foreign

PARTS = """
    import contextlib, json, socket, ssl, struct, sys, threading
    import pysock
    face, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if face == "noted":
        pysock.install()
    import anyio, httpx, trio
    if face == "late":
        pysock.install()

    held = []
    context = ssl.create_default_context()

    def reset(sock):
        linger = struct.pack("ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()

    def serve(act):
        listener = socket.create_server(("127.0.0.1", 0))
        held.append(listener)
        def run():
            with contextlib.suppress(OSError):
                act(listener.accept()[0])
        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()

    def url(act, scheme="http"):
        return "{}://{}:{}".format(scheme, *serve(act))

    def resets(sock):
        sock.recv(4000)
        reset(sock)

    def closes(sock):
        sock.recv(4000)
        sock.close()

    def waits(sock):
        held.append((sock, sock.recv(4000)))

    def speaks_http(sock):
        sock.recv(4000)
        sock.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
        held.append(sock)

    # trio
    async def trio_connects():
        with trio.fail_after(0.3):
            await trio.open_tcp_stream(host, port)

    async def trio_reads(act):
        stream = await trio.open_tcp_stream(*serve(act))
        await stream.send_all(b"hello")
        with trio.fail_after(0.3):
            if not await stream.receive_some(9):
                raise ConnectionError("closed by the server")

    async def trio_tls(act):
        stream = await trio.open_tcp_stream(*serve(act))
        stream = trio.SSLStream(stream, context, server_hostname="localhost")
        with trio.fail_after(0.3):
            await stream.do_handshake()

    # anyio
    async def anyio_connects():
        with anyio.fail_after(0.3):
            await anyio.connect_tcp(host, port)

    async def anyio_reads(act):
        stream = await anyio.connect_tcp(*serve(act))
        await stream.send(b"hello")
        with anyio.fail_after(0.3):
            await stream.receive(9)

    async def anyio_tls(act):
        with anyio.fail_after(0.3):
            await anyio.connect_tcp(
                *serve(act), ssl_context=context, tls_hostname="localhost")

    async def httpx_gets(address):
        async with httpx.AsyncClient(timeout=0.3) as client:
            await client.get(address)

    async def report(call):
        try:
            await eval(call)
        except Exception as error:
            said = pysock.why(error)
            print(json.dumps([
                type(error).__name__, repr(error.args),
                said and said.code, said and said.why,
            ]))
        else:
            print(json.dumps(["nothing failed", "", None, None]))
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
    "httpx_gets(f'http://{host}:{port}')": ["anyio", "anyio on trio"],
}
READS = {
    "trio_reads({act})": ["trio"],
    "anyio_reads({act})": ["anyio", "anyio on trio"],
    "httpx_gets(url({act}))": ["anyio", "anyio on trio"],
}
HANDSHAKES = {
    "trio_tls({act})": ["trio"],
    "anyio_tls({act})": ["anyio", "anyio on trio"],
    "httpx_gets(url({act}, 'https'))": ["anyio", "anyio on trio"],
}
OF_READ = {
    "resets": ("peer-reset-unanswered", "got no answer"),
    "closes": ("peer-closed", "FIN"),
    "waits": ("timeout-program-slow", "acknowledged all"),
}
OF_HANDSHAKE = {
    "resets": ("tls-reset", "before it answered"),
    "closes": ("tls-closed", "before it answered"),
    "waits": ("tls-timeout", "not finished in 3"),
    "speaks_http": ("tls-plain-text", "`HTTP/1.1 400 Bad Request`"),
}


def ways(calls, acts):
    return [
        (run, call.format(act=act, host="{host}", port="{port}"), *expected)
        for call, runs in calls.items()
        for run in runs
        for act, expected in acts.items()
    ]


ANSWERS = [*ways(READS, OF_READ), *ways(HANDSHAKES, OF_HANDSHAKE)]


def reports(face, cells, host="-", port=1):
    """What each cell's failure is, all of them in one interpreter."""
    lines = [f"call = {call!r}\n    {RUNS[run]}" for run, call in cells]
    script = "\n    ".join([PARTS, *lines])
    done = child.run(script, face, host, port, timeout=60)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(cells), done
    return dict(zip(cells, told, strict=True))


def compared(cells, *where, face="noted"):
    plain = reports("plain", cells, *where)
    noted = reports(face, cells, *where)
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
def answers(packages):
    return compared([way[:2] for way in ANSWERS])


@pytest.mark.parametrize("way", ANSWERS, ids=lambda way: f"{way[0]}: {way[1]}")
def test_read_or_handshake(way, answers):
    *cell, code, words = way
    _, _, found, why = answers[tuple(cell)]
    assert found == code, why
    assert words in why


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
        told = compared(cells, address.host, address.port)
    for cell, (_, _, found, why) in told.items():
        assert (found, words in why) == (code, True), (cell, why)


def test_trio_that_was_there_before():
    """It keeps the methods of the class as they were."""
    cells = [("trio", f"trio_reads({act})") for act in OF_READ]
    told = compared(cells, face="late")
    assert [told[cell][2] for cell in cells] == [
        code for code, _ in OF_READ.values()
    ]


def test_a_timeout_of_something_else():
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
                await trio.sleep(1)
        except trio.TooSlowError as error:
            assert pysock.why(error) is None
        raise_it = trio.TooSlowError()
        assert pysock.why(raise_it) is None

    trio.run(talk)
    """,
        "noted",
        "-",
        1,
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
