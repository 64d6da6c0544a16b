"""asyncio under the noted face: what its loop makes of each failure."""

import pytest

from pysock import testing
from support import child

# A peer that resets, and the failure of a coroutine. To be indented.
PARTS = """
    import asyncio, socket, struct, sys
    import pysock
    if sys.argv[1] != "plain":
        pysock.install()

    def reset(sock):
        linger = struct.pack("ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()

    async def failure(coroutine):
        try:
            await coroutine
        except Exception as error:
            return error

    def show(error):
        details = pysock.details(error)
        code = details.code if details is not None else None
        print(type(error).__name__, error.args, code, sep="|")
"""

FACES = ("plain", "noted")


def shown(body, face, *ports):
    """Run a coroutine's body; what each `show` printed, split.

    It has two addresses: one refuses, of the other's listener the queue is
    full.
    """
    done = child.run(
        PARTS
        + f"""
    refusing, full = (("127.0.0.1", int(word)) for word in sys.argv[2:])
    async def main():
        {body}
    asyncio.run(main())
    """,
        face,
        *map(str, ports),
    )
    return [line.split("|") for line in done.stdout.splitlines()]


def both(body):
    """The same under both; the classes and args must be the same."""
    with testing.refusing() as one, testing.full_queue() as other:
        # The same ports, which stand in the texts.
        ports = one.port, other.port
        plain, noted = (shown(body, face, *ports) for face in FACES)
    assert [line[:2] for line in plain] == [line[:2] for line in noted]
    assert all(line[2] == "None" for line in plain)
    return [line[2] for line in noted]


def test_connect_of_a_typed_socket():
    """The loop reads SO_ERROR itself: nothing that is typed tells of it."""
    assert both(
        """
        loop = asyncio.get_running_loop()
        heard = []
        pysock.on_failure(lambda error: heard.append(error.code))
        with pysock.socket() as sock:
            sock.setblocking(False)
            show(await failure(loop.sock_connect(sock, refusing)))
            assert len(heard) == (sys.argv[1] != "plain")
        with pysock.socket() as sock:
            sock.setblocking(False)
            attempt = loop.sock_connect(sock, full)
            show(await failure(asyncio.wait_for(attempt, 0.2)))
        """
    ) == ["connect-refused-reset", "connect-timeout-deadline"]


def test_refused_connect():
    assert both(
        """
        show(await failure(asyncio.open_connection(*refusing)))
        """
    ) == ["connect-refused-reset"]


def test_connect_of_a_socket():
    assert both(
        """
        with socket.socket() as sock:
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            show(await failure(loop.sock_connect(sock, refusing)))
        """
    ) == ["connect-refused-reset"]


def test_connect_that_times_out():
    assert (
        both(
            """
        async def connect():
            async with asyncio.timeout(0.1):
                await asyncio.open_connection(*full)
        show(await failure(connect()))
        show(await failure(asyncio.wait_for(
            asyncio.open_connection(*full), 0.1)))
        """
        )
        == ["connect-timeout-deadline"] * 2
    )


@pytest.mark.parametrize(
    ("written", "code"),
    [(b"", "timeout-nothing-sent"), (b"hello", "timeout-program-slow")],
)
def test_reader_that_times_out(written, code):
    assert both(
        f"""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
            reader, writer = await asyncio.open_connection(*address)
            writer.write({written!r})
            show(await failure(asyncio.wait_for(reader.read(9), 0.2)))
            writer.close()
        """
    ) == [code]


def test_sock_recv_that_times_out():
    assert both(
        """
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listener, (
            socket.create_connection(listener.getsockname())
        ) as sock:
            sock.setblocking(False)
            show(await failure(asyncio.wait_for(loop.sock_recv(sock, 9), .1)))
        """
    ) == ["timeout-nothing-sent"]


def test_stream_that_is_reset():
    assert both(
        """
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"hello")
            reset(listener.accept()[0])
            show(await failure(reader.read(9)))
            writer.close()
        """
    ) == ["peer-reset-unanswered"]


def test_every_address_failed():
    """asyncio keeps the texts of the attempts; the note names each."""
    done = child.run(
        PARTS
        + """
    async def main():
        with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
            four.bind(("127.0.0.1", 0))
            port = four.getsockname()[1]
            six.bind(("::1", port))
            async def both(host, port, *args, **kwargs):
                kind = socket.SOCK_STREAM
                return [
                    (socket.AF_INET6, kind, 6, "", ("::1", port, 0, 0)),
                    (socket.AF_INET, kind, 6, "", ("127.0.0.1", port)),
                ]
            asyncio.get_running_loop().getaddrinfo = both
            error = await failure(asyncio.open_connection("name", port))
            assert type(error) is OSError, error
            found = pysock.details(error)
            assert [a.address[0] for a in found.attempts] == [
                "::1", "127.0.0.1"]
            assert found.code == "connect-refused-reset"
            print("".join(error.__notes__))
    asyncio.run(main())
    """,
        "noted",
    )
    assert "::1" in done.stdout


def test_uninstall_leaves_asyncio_as_it_was():
    child.run(
        """
        import asyncio, pysock
        from asyncio import base_events, selector_events
        kinds = (
            base_events.BaseEventLoop, asyncio.StreamReader,
            asyncio.StreamWriter, selector_events.BaseSelectorEventLoop,
        )
        before = [dict(vars(kind)) for kind in kinds]
        pysock.install(asyncio=False)
        assert [dict(vars(kind)) for kind in kinds] == before
        pysock.install()
        assert [dict(vars(kind)) for kind in kinds] != before
        pysock.uninstall()
        assert [dict(vars(kind)) for kind in kinds] == before
        """
    )


def test_an_asyncio_that_is_not_what_we_know():
    done = child.run(
        """
        import asyncio, warnings, pysock
        from asyncio.selector_events import BaseSelectorEventLoop as Loop
        def other(self, future): ...
        Loop._sock_connect_cb = other
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            pysock.install()
        assert Loop._sock_connect_cb is other
        [warning] = seen
        print(warning.message)
        """
    )
    assert "BaseSelectorEventLoop._sock_connect_cb" in done.stdout


def test_a_name_that_does_not_resolve_is_noted_beside_a_loop():
    child.run(
        """
    import asyncio, pysock, socket
    pysock.install()
    try:
        socket.create_connection(("127.0.0.1", "nobody-knows"), 1)
    except OSError as error:
        assert pysock.details(error).code == "name-invalid"
    else:
        raise SystemExit("it did not fail")
    """
    )
