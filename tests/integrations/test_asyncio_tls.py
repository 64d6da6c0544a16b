"""TLS in asyncio under the noted face: each way in which a session fails.

The peers are threads with sockets that do what they are told; each failure
is compared with that of a plain run.
"""

import pytest

from support import child
from support.serve_once import SERVE

PARTS = """
    import asyncio, contextlib, pysock, socket, ssl, struct, sys, threading
    if sys.argv[1] == "noted":
        pysock.install()
"""
PARTS += SERVE
PARTS += """
    def reset(sock):
        linger = struct.pack("ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()

    def server_side(sock, maximum=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if maximum is not None:
            context.maximum_version = maximum
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        return context.wrap_socket(sock, server_side=True)

    def trusting():
        return ssl.create_default_context(cafile=sys.argv[2])

    async def opened(act, context=None, **more):
        return await asyncio.open_connection(
            *serve(act), ssl=context or trusting(),
            server_hostname="localhost", **more)

    def show(error):
        print(type(error).__name__, error.args, error.errno
              if isinstance(error, OSError) else None, sep="|")
        cause = error
        while cause is not None and not pysock.details(cause):
            cause = cause.__cause__
        details = pysock.details(error)
        if details is not None:
            print(type(details).__name__, details.code,
                  details.explain().why)
            notes = getattr(error, "__notes__", [])
            assert len(notes) <= 1, notes

    async def main():
        try:
            await talk()
        except Exception as error:
            show(error)
"""


def told(talk, certificate, *, tls=True):
    """What a failure is, plain and noted, and what its note says."""
    script = f"{PARTS}{talk}\n    asyncio.run(main())\n"
    plain = child.run(script, "plain", *certificate)
    noted = child.run(script, "noted", *certificate)
    kind, said = noted.stdout.splitlines()
    assert plain.stdout.splitlines() == [kind]
    name, said = said.split(" ", 1)
    assert (name == "TlsError") == tls, said
    return said


def opening(act, more=""):
    return f"""
    async def talk():
        await opened({act}{more})
"""


@pytest.mark.parametrize(
    ("act", "more", "code", "words"),
    [
        (
            "lambda s: (s.recv(4000), reset(s))",
            "",
            "tls-reset",
            "reset the connection during the TLS handshake, before it answ",
        ),
        (
            "lambda s: (s.recv(4000), s.close())",
            "",
            "tls-closed",
            "closed the connection during the TLS handshake, before it answ",
        ),
        (
            "lambda s: held.append((s, s.recv(4000)))",
            ", ssl_handshake_timeout=0.3",
            "tls-timeout",
            "not finished in 300 ms",
        ),
        (
            "lambda s: (s.recv(4000),"
            " s.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'),"
            " held.append(s))",
            "",
            "tls-plain-text",
            "it said `HTTP/1.1 400 Bad Request`",
        ),
        (
            "lambda s: held.append(server_side(s))",
            ", context=ssl.create_default_context()",
            "tls-certificate",
            "for localhost: self-signed certificate",
        ),
        (
            "lambda s: held.append(server_side(s, ssl.TLSVersion.TLSv1_2))",
            ", context=newest()",
            "tls-version",
            "no TLS version or cipher in common",
        ),
    ],
    ids=["reset", "closed", "late", "plain", "certificate", "version"],
)
def test_handshake(act, more, code, words, certificate):
    newest = """
    def newest():
        context = trusting()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context
    """
    said = told(f"{newest}{opening(act, more)}", certificate)
    assert said.startswith(f"{code} "), said
    assert words in said


def test_handshake_that_is_cancelled(certificate):
    said = told(
        """
    async def talk():
        async with asyncio.timeout(0.3):
            await opened(lambda s: held.append((s, s.recv(4000))))
""",
        certificate,
    )
    assert said.startswith("tls-timeout "), said
    assert "nothing has answered this program's first message" in said


STARTED = """
    async def talk():
        reader, writer = await asyncio.open_connection(*serve({act}))
        async with asyncio.timeout(0.3):
            await writer.start_tls(trusting(), server_hostname="localhost")
"""


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ("lambda s: (s.recv(4000), reset(s))", "tls-reset"),
        ("lambda s: held.append((s, s.recv(4000)))", "tls-timeout"),
    ],
)
def test_connection_that_becomes_tls(act, code, certificate):
    said = told(STARTED.format(act=act), certificate)
    assert said.startswith(f"{code} "), said


@pytest.mark.parametrize(
    ("end", "ask", "code"),
    [
        ("reset(secure)", "reader.read(9)", "peer-reset"),
        (
            "held.append(secure)",
            "asyncio.wait_for(reader.read(9), 0.3)",
            "timeout",
        ),
    ],
)
def test_session_that_breaks(end, ask, code, certificate):
    said = told(
        f"""
    def act(sock):
        secure = server_side(sock)
        secure.recv(9)
        secure.sendall(b"answer")
        {end}

    async def talk():
        reader, writer = await opened(act)
        writer.write(b"hello")
        await reader.readexactly(6)
        await {ask}
""",
        certificate,
        tls=False,
    )
    assert said.startswith(code), said


def test_session_that_is_garbled(certificate):
    """What is no TLS any more, in the middle of a session."""
    said = told(
        """
    def act(sock):
        secure = server_side(sock)
        secure.sendall(b"answer")
        raw = socket.socket(fileno=secure.detach())
        raw.sendall(b"HTTP/1.1 400 Bad Request")
        held.append(raw)

    async def talk():
        reader, writer = await opened(act)
        await reader.readexactly(6)
        await reader.read(9)
""",
        certificate,
    )
    assert said.startswith("tls"), said


def test_what_a_protocol_raises_is_none_of_tls(certificate):
    """It passes the same way, and tells of some other thing."""
    child.run(
        PARTS
        + """
    class Failing(asyncio.Protocol):
        def __init__(self):
            self.lost = asyncio.get_running_loop().create_future()
        def data_received(self, data):
            raise ConnectionResetError("of another connection")
        def connection_lost(self, error):
            self.lost.set_result(error)

    async def talk():
        def act(sock):
            secure = server_side(sock)
            secure.sendall(b"answer")
            held.append(secure)
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(
            Failing, *serve(act), ssl=trusting(),
            server_hostname="localhost")
        error = await protocol.lost
        assert error.args == ("of another connection",)
        assert not hasattr(error, "__notes__")
        assert pysock.details(error) is None

    asyncio.run(talk())
    """,
        "noted",
        *certificate,
    )


def test_each_failure_is_heard_once_and_as_the_note_has_it(certificate):
    done = child.run(
        PARTS
        + """
    async def talk():
        for act in (
            lambda s: (s.recv(4000), reset(s)),
            lambda s: (s.recv(4000), s.close()),
        ):
            try:
                await opened(act, context=ssl.create_default_context())
            except OSError as error:
                print("noted", pysock.details(error).code)

    pysock.on_failure(lambda error: print("heard", error.code))
    asyncio.run(talk())
    """,
        "noted",
        *certificate,
    )
    assert done.stdout.splitlines() == [
        "heard tls-reset",
        "noted tls-reset",
        "heard tls-closed",
        "noted tls-closed",
    ]


def test_uninstall_leaves_asyncio_as_it_was():
    child.run(
        """
        import asyncio, pysock
        from asyncio.base_events import BaseEventLoop
        from asyncio.sslproto import SSLProtocol
        before = [dict(vars(kind)) for kind in (SSLProtocol, BaseEventLoop)]
        pysock.install(asyncio=False)
        pysock.install(tls=False)
        assert dict(vars(SSLProtocol)) == before[0]
        pysock.install()
        assert dict(vars(SSLProtocol)) != before[0]
        pysock.uninstall()
        assert [dict(vars(kind)) for kind in (SSLProtocol, BaseEventLoop)
            ] == before
        """
    )
