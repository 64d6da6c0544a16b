"""aiohttp's client under the noted face, each failure beside a plain run's."""

import contextlib
import importlib.util
import json

import pytest

from pysock import testing
from support import child
from support.requirements import skip_or_fail

pytestmark = pytest.mark.foreign

PARTS = """
    import json, sys
    import pysock
    face, peers = sys.argv[1:]
    globals().update(json.loads(peers))  # addresses by name
    if face == "noted":
        pysock.install()
    import aiohttp, asyncio

    async def post(address, scheme="http", **limits):
        limits = aiohttp.ClientTimeout(**(limits or {"total": 20}))
        url = "{}://{}:{}".format(scheme, *address)
        async with aiohttp.ClientSession(timeout=limits) as session:
            async with session.post(url) as answer:
                await answer.read()

    async def report(call):
        try:
            await eval(call)
        except Exception as error:
            said = pysock.why(error)
            print(json.dumps([
                type(error).__name__, said and said.code, said and said.why,
                len(getattr(error, "__notes__", ())),
            ]))
        else:
            print(json.dumps(["nothing failed"]))
"""

PEERS = {
    "resets": testing.resetting(),
    "closes": testing.closing(),
    "waits": testing.silent_after(),
    "half_closes": testing.closing("body", 4),
    "half_waits": testing.half_answer(4),
    "speaks_http": testing.plain_text_on_tls(),
}

# The call, the exception, what it is.
CELLS = [
    ("post(closes)", "ServerDisconnectedError", "peer-closed"),
    ("post(resets)", "ClientOSError", "peer-reset-unanswered"),
    ("post(half_closes)", "ClientPayloadError", "peer-closed"),
    ("post(waits, sock_read=.3)", "SocketTimeoutError",
     "timeout-program-slow"),
    ("post(half_waits, sock_read=.3)", "SocketTimeoutError", "timeout"),
    ("post(waits, total=.3)", "TimeoutError", "timeout-program-slow"),
    ("post(half_waits, total=.3)", "TimeoutError", "timeout"),
    ("post(closes, 'https')", "ClientConnectorError", "tls-closed"),
    ("post(resets, 'https')", "ClientConnectorError", "tls-reset"),
    ("post(waits, 'https', total=.3)", "TimeoutError", "tls-timeout"),
    ("post(speaks_http, 'https')", "ClientConnectorSSLError",
     "tls-plain-text"),
]  # fmt: skip


def reports(face, peers):
    calls = [f"asyncio.run(report({call!r}))" for call, _, _ in CELLS]
    script = "\n    ".join([PARTS, *calls])
    done = child.run(script, face, json.dumps(peers), timeout=60)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {cell[0]: seen for cell, seen in zip(CELLS, told, strict=True)}


@pytest.fixture(scope="module")
def seen():
    if importlib.util.find_spec("aiohttp") is None:
        skip_or_fail("aiohttp is missing: pip install --group foreign")
    with contextlib.ExitStack() as stack:
        peers = {
            name: stack.enter_context(peer) for name, peer in PEERS.items()
        }
        plain, noted = reports("plain", peers), reports("noted", peers)
    for call, told in plain.items():
        assert told[0] == noted[call][0]
        assert told[3] == 0, call
        # What OpenSSL says is told plain as well, without the peer.
        if not told[1] == noted[call][1] == "tls-plain-text":
            assert told[1:3] == [None, None], call
        assert told[2] != noted[call][2], call
    return noted


@pytest.mark.parametrize(("call", "kind", "code"), CELLS)
def test_failure(call, kind, code, seen):
    name, found, why, _ = seen[call]
    assert (name, found) == (kind, code), why


def test_what_has_no_cause_is_noted_itself(seen):
    """A traceback of it shows nothing else."""
    assert seen["post(closes)"][3] == 1
    assert seen["post(waits, sock_read=.3)"][3] == 1


def test_uninstall_leaves_aiohttp_as_it_was():
    child.run(
        """
        import aiohttp, pysock
        from aiohttp import client_proto, streams
        kinds = (
            client_proto.ResponseHandler, streams.DataQueue,
            streams.StreamReader,
        )
        before = [dict(vars(kind)) for kind in kinds]
        pysock.install(asyncio=False)
        assert [dict(vars(kind)) for kind in kinds] == before
        pysock.install()
        now = [dict(vars(kind)) for kind in kinds]
        assert all(one != other for one, other in zip(now, before))
        pysock.uninstall()
        assert [dict(vars(kind)) for kind in kinds] == before
        """
    )


def test_what_was_raised_before_the_end_has_another_cause(seen):
    """A released answer says `Connection closed`: this program did that."""
    child.run(
        """
        import asyncio, socket, threading
        import pysock
        pysock.install()
        import aiohttp

        over = threading.Event()
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            with listener.accept()[0] as sock:
                sock.recv(4000)
                sock.sendall(b"HTTP/1.1 404 No\\r\\n"
                    b"Content-Length: 4\\r\\n\\r\\ndata")
                over.wait()

        threading.Thread(target=serve, daemon=True).start()

        async def main():
            url = "http://127.0.0.1:{}/".format(listener.getsockname()[1])
            async with aiohttp.ClientSession() as session:
                answer = await session.get(url)
                try:
                    answer.raise_for_status()
                except aiohttp.ClientResponseError:
                    pass
                [[(protocol, _)]] = session.connector._conns.values()
                over.set()
                while protocol.is_connected():
                    await asyncio.sleep(0)
                while protocol.exception() is None:
                    await asyncio.sleep(0)
                try:
                    await answer.read()
                except aiohttp.ClientConnectionError as error:
                    assert error.args == ("Connection closed",)
                    notes = getattr(error, "__notes__", [])
                    assert list(notes) == [], list(notes)
                else:
                    raise AssertionError("read")

        asyncio.run(asyncio.wait_for(main(), 20))
        """
    )
