"""uvloop under the noted face: what can be told from outside, and no more."""

import importlib.util
import json

import pytest

from pysock import testing
from support import child
from support.requirements import skip_or_fail
from support.serve_once import SERVE

pytestmark = pytest.mark.foreign

PARTS = """
    import contextlib, json, os, socket, ssl, struct, sys, threading
    import pysock
    if sys.argv[1] == "noted":
        pysock.install()
    import asyncio, uvloop
    refusing, silent = int(sys.argv[2]), int(sys.argv[3])

    trusting = ssl.create_default_context()
"""
PARTS += SERVE
PARTS += """
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

    def speaks_http(sock):
        sock.recv(4000)
        sock.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
        held.append(sock)

    async def connects(port, **more):
        await asyncio.open_connection("127.0.0.1", port, **more)

    async def reads(act):
        reader, writer = await asyncio.open_connection(*serve(act))
        writer.write(b"hello")
        await reader.readexactly(9)

    async def secures(act):
        await asyncio.open_connection(
            *serve(act), ssl=trusting, server_hostname="localhost")

    async def report(call):
        try:
            # A busy machine may need seconds for what does not wait.
            given_up = "waits" in call or "silent" in call
            async with asyncio.timeout(0.3 if given_up else 20):
                await eval(call)
        except Exception as error:
            said = pysock.why(error)
            print(json.dumps([
                type(error).__name__, repr(error.args), said and said.code,
                said and said.why, pysock.details(error) is not None,
            ]))
        else:
            print(json.dumps(["nothing failed"]))
"""

# The call, what it is, what is said; `None`: nothing, as nothing is known.
CELLS = [
    ("connects(refusing)", "connect-refused", "nothing listens on port"),
    ("connects(silent)", "connect-timeout-deadline", "no answer came from"),
    ("reads(closes)", "peer-closed", "FIN"),
    ("reads(resets)", "peer-reset-unanswered", "got no answer"),
    ("reads(waits)", "timeout-program-slow", "acknowledged all 5 bytes"),
    ("secures(closes)", "tls-closed", "during the TLS handshake"),
    ("secures(resets)", "peer-reset", "was reset"),
    ("secures(waits)", None, None),
    ("secures(speaks_http)", "tls-plain-text", "did not answer in TLS"),
]


def reports(face, *ports):
    calls = [f"uvloop.run(report({call!r}))" for call, _, _ in CELLS]
    done = child.run("\n    ".join([PARTS, *calls]), face, *ports, timeout=60)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {cell[0]: seen for cell, seen in zip(CELLS, told, strict=True)}


@pytest.fixture(scope="module")
def seen():
    if importlib.util.find_spec("uvloop") is None:
        skip_or_fail("uvloop is missing: pip install --group foreign")
    with testing.refusing() as one, testing.full_queue() as other:
        plain = reports("plain", one.port, other.port)
        noted = reports("noted", one.port, other.port)
    for call, told in plain.items():
        assert told[:2] == noted[call][:2], call
        assert not told[4]
    return noted


@pytest.mark.parametrize(("call", "code", "words"), CELLS)
def test_failure(call, code, words, seen):
    _, _, found, why, noted = seen[call]
    assert found == code, why
    assert words is None or words in why
    assert noted == (code is not None)


def test_no_descriptor_is_left():
    """That of a transport is duplicated to look at it, for a while."""
    child.run(
        PARTS
        + """
    async def main():
        for _ in range(3):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await reads(waits)
        return len(os.listdir("/proc/self/fd"))

    before = uvloop.run(main()) - len(held)
    held.clear()
    again = uvloop.run(main()) - len(held)
    assert again <= before, (before, again)
    """,
        "noted",
        1,
        1,
    )


def test_uninstall_leaves_it_as_it_was():
    child.run(
        """
        import pysock, uvloop
        from asyncio.streams import StreamReaderProtocol
        before = dict(vars(uvloop.Loop)), dict(vars(StreamReaderProtocol))
        pysock.install(asyncio=False)
        assert dict(vars(uvloop.Loop)) == before[0]
        pysock.install()
        assert "create_connection" in vars(uvloop.Loop)
        assert dict(vars(StreamReaderProtocol)) != before[1]
        pysock.uninstall()
        now = dict(vars(uvloop.Loop)), dict(vars(StreamReaderProtocol))
        assert now == before
        """
    )
