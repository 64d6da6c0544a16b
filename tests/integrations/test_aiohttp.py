"""aiohttp's client under the noted face, each failure beside a plain run's."""

import importlib.util
import json

import pytest

from support import child
from support.requirements import skip_or_fail

pytestmark = pytest.mark.foreign

PARTS = """
    import contextlib, json, socket, struct, sys, threading
    import pysock
    if sys.argv[1] == "noted":
        pysock.install()
    import aiohttp, asyncio

    held = []
    HALF = b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf"

    def serve(act):
        listener = socket.create_server(("127.0.0.1", 0))
        held.append(listener)
        def run():
            with contextlib.suppress(OSError):
                act(listener.accept()[0])
        threading.Thread(target=run, daemon=True).start()
        return "127.0.0.1:{}".format(listener.getsockname()[1])

    def resets(sock):
        sock.recv(4000)
        linger = struct.pack("ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()

    def closes(sock):
        sock.recv(4000)
        sock.close()

    def waits(sock):
        held.append((sock, sock.recv(4000)))

    def half_closes(sock):
        sock.recv(4000)
        sock.sendall(HALF)
        sock.close()

    def half_waits(sock):
        sock.recv(4000)
        sock.sendall(HALF)
        held.append(sock)

    async def post(act, scheme="http", **limits):
        limits = aiohttp.ClientTimeout(**(limits or {"total": 5}))
        url = f"{scheme}://{serve(act)}"
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
    ("post(half_closes, 'https')", "ClientConnectorSSLError",
     "tls-plain-text"),
]  # fmt: skip


def reports(face):
    calls = [f"asyncio.run(report({call!r}))" for call, _, _ in CELLS]
    done = child.run("\n    ".join([PARTS, *calls]), face, timeout=60)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {cell[0]: seen for cell, seen in zip(CELLS, told, strict=True)}


@pytest.fixture(scope="module")
def seen():
    if importlib.util.find_spec("aiohttp") is None:
        skip_or_fail("aiohttp is missing: pip install --group foreign")
    plain, noted = reports("plain"), reports("noted")
    for call, told in plain.items():
        assert told[0] == noted[call][0]
        assert told[1:] == [None, None, 0], call
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
