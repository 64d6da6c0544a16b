"""recv() == b"" raises nothing: it is told of what a library makes of it."""

import pytest

from support import child

PARTS = """
    import http.client, socket, struct, sys, threading
    import pysock
    if sys.argv[1] == "noted":
        pysock.install()

    ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"

    def serve(act):
        listener = socket.create_server(("127.0.0.1", 0))
        def run():
            with listener, listener.accept()[0] as sock:
                act(sock)
        thread = threading.Thread(target=run)
        thread.start()
        return listener.getsockname(), thread

    def stale(sock):
        sock.recv(4000)
        sock.sendall(ANSWER)

    def failure(function, *args):
        try:
            return function(*args), None
        except Exception as error:
            return None, error

    def get(connection):
        connection.request("GET", "/")
        return connection.getresponse().read()

    def show(error):
        said = pysock.why(error)
        print(type(error).__name__, error.args, sep="|")
        print(None if said is None else said.code)
"""


def both(script):
    """What is shown, plain and noted: the exceptions must be the same."""
    plain = child.run(f"{PARTS}\n{script}", "plain").stdout.splitlines()
    noted = child.run(f"{PARTS}\n{script}", "noted").stdout.splitlines()
    assert plain[::2] == noted[::2]
    assert set(plain[1::2]) == {"None"}
    return noted[1::2]


STALE = """
    address, server = serve(stale)
    connection = http.client.HTTPConnection(*address)
    assert get(connection) == b"ok"
    server.join()  # its FIN has come
"""


def test_stale_keep_alive():
    assert both(STALE + "    show(failure(get, connection)[1])\n") == [
        "peer-closed"
    ]


def test_stale_keep_alive_without_a_request():
    script = (
        STALE
        + """
    def ask():
        response = http.client.HTTPResponse(connection.sock)
        response.begin()
    show(failure(ask)[1])
    """
    )
    assert both(script) == ["peer-closed"]


def test_answer_that_breaks_off():
    script = """
    def half(sock):
        sock.recv(4000)
        sock.sendall(ANSWER[:-1])
    address, server = serve(half)
    show(failure(get, http.client.HTTPConnection(*address))[1])
    """
    assert both(script) == ["peer-closed"]


def test_exception_that_was_raised_again_and_mapped():
    """As httpcore raises, and httpx makes its own of it, `from` or not."""
    script = (
        STALE
        + """
    import contextlib

    class Mapped(Exception):
        pass

    @contextlib.contextmanager
    def mapped():
        try:
            yield
        except http.client.RemoteDisconnected as error:
            raise Mapped("what the library says") from error

    def ask(connection):
        with mapped():
            try:
                return get(connection)
            except Exception as error:
                raise error
    show(failure(ask, connection)[1])
    """
    )
    assert both(script) == ["peer-closed"]


@pytest.mark.parametrize("raises", ["a library", "the task itself"])
def test_task_of_a_loop(raises):
    """Where the loop goes on when the task has raised, it did not read."""
    script = (
        STALE
        + f"""
    raises = {raises!r}
    import asyncio

    async def read(sock):
        sock.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
        if not sock.recv(1):
            raise EOFError("closed")

    async def ask():
        if raises == "a library":
            return get(connection)
        await read(connection.sock)

    async def main():
        await asyncio.create_task(ask())

    show(failure(asyncio.run, main())[1])
    """
    )
    assert both(script) == ["peer-closed"]


def test_another_exception_of_the_same_functions():
    """The end of one stream is not the cause of whatever comes later."""
    script = (
        STALE
        + """
    def bad(sock):
        sock.recv(4000)
        sock.sendall(b"nonsense\\r\\n\\r\\n")
    failure(get, connection)
    address, server = serve(bad)
    show(failure(get, http.client.HTTPConnection(*address))[1])
    """
    )
    assert both(script) == ["None"]


@pytest.mark.parametrize(
    "read",
    [
        "sock.recv(0)",
        "sock.recv(1, socket.MSG_PEEK)",
        "sock.recv_into(bytearray(0))",
        "sock.recv_into(bytearray(1), 1, socket.MSG_PEEK)",
        "sock.recv_into(buffer=bytearray(1), flags=socket.MSG_PEEK)",
        "pair[0].recv(1)",
    ],
)
def test_what_is_no_end_of_a_stream(read):
    child.run(
        PARTS
        + f"""
    from pysock.explain import end_of_stream
    pair = socket.socketpair()
    pair[1].close()
    address, server = serve(lambda sock: sock.recv(1))
    with socket.create_connection(address) as sock, pair[0]:
        sock.sendall(b"x")
        server.join()
        {read}
        assert not end_of_stream._ends
        sock.recv(1)
        assert len(end_of_stream._ends) == 1
    """,
        "noted",
    )


@pytest.mark.parametrize(
    "read",
    [
        "sock.recv_into(bytearray(1))",
        "sock.recv_into(bytearray(1), 1, 0)",
        "sock.recv_into(buffer=bytearray(1))",
    ],
)
def test_what_is_one(read):
    child.run(
        PARTS
        + f"""
    from pysock.explain import end_of_stream
    address, server = serve(lambda sock: sock.recv(1))
    with socket.create_connection(address) as sock:
        sock.sendall(b"x")
        server.join()
        assert {read} == 0
        assert len(end_of_stream._ends) == 1
    """,
        "noted",
    )


def test_an_end_keeps_nothing_alive():
    child.run(
        PARTS
        + """
    import weakref
    class Something:
        pass
    def read():
        local = Something()
        address, server = serve(lambda sock: None)
        sock = socket.create_connection(address)
        server.join()
        assert sock.recv(1) == b""
        return weakref.ref(local), weakref.ref(sock), sock.close()
    local, sock, _ = read()
    assert local() is None and sock() is None
    """,
        "noted",
    )


def test_an_end_that_this_program_made():
    """It shut its own reading down; no peer has to do with it."""
    script = """
    def silent(sock):
        sock.recv(4000)
    address, server = serve(silent)
    def read():
        with socket.create_connection(address) as sock:
            sock.shutdown(socket.SHUT_RD)
            if not sock.recv(9):
                raise ConnectionError("closed")
    error = failure(read)[1]
    assert pysock.why(error) is None
    show(error)
    """
    assert both(script) == ["None"]
