"""Ended streams of asyncio, and what is made of them."""

import pytest

from support import child
from support.serve_once import SERVE

PARTS = """
    import asyncio, contextlib, pysock, socket, ssl, sys, threading
    if sys.argv[1] == "noted":
        pysock.install()
"""
PARTS += SERVE
PARTS += """
    def answers(sock):
        sock.recv(4000)
        sock.sendall(b"half")
        sock.close()

    async def opened(act=answers, **more):
        reader, writer = await asyncio.open_connection(*serve(act), **more)
        writer.write(b"hello")
        held.append(writer)
        return reader

    # As redis-py and its like do.
    async def ask(reader, read):
        if not (await read(reader)).endswith(b"end"):
            raise ConnectionError("Connection closed by server.")

    async def main():
        try:
            await talk()
        except Exception as error:
            print(type(error).__name__, error.args, sep="|")
            said = pysock.why(error)
            print(None if said is None else said.code)
            print(None if said is None else said.why)
            print(getattr(error, "__notes__", None) is not None)
"""


def told(talk, *args):
    """Code, sentence, and whether there is a note on the exception."""
    script = f"{PARTS}{talk}\n    asyncio.run(main())\n"
    plain = child.run(script, "plain", *args).stdout.splitlines()
    noted = child.run(script, "noted", *args).stdout.splitlines()
    assert plain[0] == noted[0]
    assert plain[1:] == ["None", "None", "False"]
    return noted[1], noted[2], noted[3] == "True"


@pytest.mark.parametrize("read", ["readexactly(9)", "readuntil(b'end')"])
def test_incomplete(read):
    code, why, noted = told(
        f"""
    async def talk():
        await (await opened()).{read}
"""
    )
    assert (code, noted) == ("peer-closed", True)
    assert why.startswith("127.0.0.1:")


@pytest.mark.parametrize("read", ["readline()", "read(9)", "read()"])
def test_what_a_library_makes_of_nothing(read):
    code, _, noted = told(
        f"""
    async def talk():
        reader = await opened()
        assert await reader.readexactly(4) == b"half"
        await ask(reader, lambda reader: reader.{read})
"""
    )
    assert (code, noted) == ("peer-closed", False)


def test_end_that_came_before_anybody_read():
    """A connection of a pool that has lain there."""
    code, _, _ = told(
        """
    async def talk():
        reader = await opened()
        assert await reader.readexactly(4) == b"half"
        while not reader.at_eof():
            await asyncio.sleep(0)
        await ask(reader, lambda reader: reader.read(9))
"""
    )
    assert code == "peer-closed"


def test_end_of_a_tls_session(certificate):
    """TLS has an end of its own, and the connection may still stand."""
    code, why, noted = told(
        """
    def act(sock):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        secure = context.wrap_socket(sock, server_side=True)
        secure.recv(9)
        with contextlib.suppress(OSError):
            secure.unwrap()
        held.append(secure)

    async def talk():
        context = ssl.create_default_context(cafile=sys.argv[2])
        reader = await opened(act, ssl=context, server_hostname="localhost")
        await reader.readexactly(9)
""",
        *certificate,
    )
    assert (code, noted) == ("peer-closed", True)
    assert why.endswith(
        "ended the TLS session in order; its FIN had not come yet"
    )


def test_one_that_a_program_makes_itself():
    child.run(
        """
        import asyncio, pysock
        pysock.install()
        error = asyncio.IncompleteReadError(b"", 9)
        assert not hasattr(error, "__notes__")
        assert error.args == ("0 bytes read on a total of 9 expected bytes",)
        assert error.partial == b"" and error.expected == 9
        """
    )


def test_another_exception_of_the_same_reader():
    """An end is told of what speaks of one, in who had read it."""
    child.run(
        PARTS
        + """
    async def talk():
        reader = await opened()
        try:
            await reader.readexactly(9)
        except asyncio.IncompleteReadError:
            pass
        try:
            raise ConnectionError("of something else")
        except ConnectionError as error:
            assert pysock.why(error) is None
        other = await opened(lambda sock: held.append(sock))
        try:
            await asyncio.wait_for(other.readexactly(9), 0.1)
        except TimeoutError as error:
            assert pysock.why(error).code != "peer-closed"

    asyncio.run(talk())
    """,
        "noted",
    )


def test_mocks_take_the_methods_for_what_they_are():
    child.run(
        """
        import asyncio, pysock, sys
        from unittest import mock
        pysock.install()
        reader = mock.create_autospec(asyncio.StreamReader, instance=True)
        writer = mock.create_autospec(asyncio.StreamWriter, instance=True)
        for method in (reader.read, reader.readexactly, writer.drain):
            assert isinstance(method, mock.AsyncMock), method
        if sys.version_info >= (3, 12):
            import inspect
            assert inspect.iscoroutinefunction(asyncio.StreamReader.read)
            assert inspect.iscoroutinefunction(asyncio.StreamWriter.drain)
        """
    )
