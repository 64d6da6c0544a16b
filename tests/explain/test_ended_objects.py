"""An end that one thread meets, and an exception that another raises."""

from support import child

PARTS = """
    import asyncio, pysock, socket, struct, threading
    pysock.install()

    listener = socket.create_server(("127.0.0.1", 0))

    class Client:
        class Proxy:  # as django's lazy objects
            @property
            def __class__(self):
                raise RuntimeError("looked into")

        def __init__(self):
            self.proxy = self.Proxy()
            self.sock = socket.create_connection(listener.getsockname())
            self.peer = listener.accept()[0]
            self.thread = threading.Thread(target=self.read)
            self.thread.start()

        def read(self):
            try:
                while self.sock.recv(9):
                    pass
            except OSError:
                pass
            self.sock.close()

        def ask(self, said="the connection is closed"):
            self.thread.join()
            raise RuntimeError(said)

    def raised(function, *args):
        try:
            function(*args)
        except Exception as error:
            return error

    def code(error):
        said = pysock.why(error)
        return said and said.code

    def reset(sock):
        linger = struct.pack("ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()
"""


def test_end_and_reset_under_an_object():
    child.run(
        PARTS
        + """
    one, other = Client(), Client()
    one.peer.close()
    other.sock.sendall(b"hello")
    other.peer.recv(9)
    reset(other.peer)
    assert code(raised(one.ask)) == "peer-closed"
    found = code(raised(other.ask))
    assert found.startswith("peer-reset"), found
    assert code(raised(one.ask, "no such key")) is None
    """
    )


def test_what_is_open_or_not_alone_is_not_told():
    child.run(
        PARTS
        + """
    class Slots:
        __slots__ = ("first", "second")

        def ask(self):
            raise RuntimeError("one of them is closed")

    one, other = Client(), Client()
    one.peer.close()
    one.thread.join()
    owner = Slots()
    assert code(raised(owner.ask)) is None
    owner.second = other.sock
    assert code(raised(owner.ask)) is None
    owner.first = one.sock
    assert code(raised(owner.ask)) == "peer-closed"
    other.peer.close()
    other.thread.join()
    assert code(raised(owner.ask)) is None
    """
    )


def test_transport_of_asyncio():
    child.run(
        PARTS
        + """
    class Held(asyncio.Protocol):
        def __init__(self):
            self.lost = asyncio.get_running_loop().create_future()

        def connection_made(self, transport):
            self.transport = transport

        def connection_lost(self, error):
            self.lost.set_result(None)

        def ask(self):
            raise RuntimeError("connection lost; closed")

    async def main():
        loop = asyncio.get_running_loop()
        _, held = await loop.create_connection(
            Held, *listener.getsockname())
        assert code(raised(held.ask)) is None
        listener.accept()[0].close()
        await held.lost
        assert code(raised(held.ask)) == "peer-closed"

    asyncio.run(main())
    """
    )


def test_nothing_of_the_object_is_called():
    """Its attributes are looked at, not asked for."""
    child.run(
        PARTS
        + """
    class Touchy:
        def __init__(self, sock):
            self.sock = sock

        def __getattribute__(self, name):
            if name != "ask":
                raise SystemError(name)
            return object.__getattribute__(self, name)

        def ask(self):
            raise RuntimeError("closed")

    one = Client()
    one.peer.close()
    one.thread.join()
    assert code(raised(Touchy(one.sock).ask)) == "peer-closed"
    """
    )
