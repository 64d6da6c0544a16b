"""A program's whole life on sockets, for the trace of its system calls.

Arguments: the face (standard, typed, noted, or nosy: one that does harm), and
a certificate with its key. Each chapter begins with a write to no descriptor,
which the trace shows. Everything succeeds here: what a failure adds is no
harm.
"""

import os
import select
import sys
import tempfile
import threading

face, certificate, key = sys.argv[1:]
if face == "typed":
    import pysock as socket
else:
    import socket
if face == "noted":
    import pysock

    pysock.install()
if face == "nosy":
    receive = socket.socket.recv

    def recv(self, *args):
        self.getsockname()
        return receive(self, *args)

    socket.socket.recv = recv
# After the faces, as a program that knows nothing of them would.
import ssl  # noqa: E402

HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def chapter(name):
    try:
        os.write(-1, name.encode())
    except OSError:
        pass


def would_block(call, *args):
    """What is no failure: nothing there, no room, under way."""
    try:
        call(*args)
    except BlockingIOError:
        return
    raise AssertionError(f"{call} did not say that it would block")


def exchange(client, server):
    client.sendall(b"question")
    assert server.recv(100) == b"question"
    server.send(b"answer")
    buffer = bytearray(6)
    assert client.recv_into(buffer) == 6
    client.sendmsg([b"one", b"two"])
    assert server.recvmsg(6)[0] == b"onetwo"


def farewell(client, server):
    client.shutdown(socket.SHUT_WR)
    assert server.recv(1) == b""
    server.close()
    assert client.recv(1) == b""
    client.close()


def connected(family, timeout):
    """A life with connect and accept, as the timeout says."""
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOSTS[family], 0))
        listener.listen(8)
        listener.settimeout(timeout)
        client = socket.socket(family)
        client.settimeout(timeout)
        client.connect(listener.getsockname())
        server, address = listener.accept()
        assert address == client.getsockname()
        assert client.getpeername() == listener.getsockname()
        server.settimeout(timeout)
        exchange(client, server)
        with server.makefile("rb") as reader, client.makefile("wb") as writer:
            writer.write(b"line\n")
            writer.flush()
            assert reader.readline() == b"line\n"
        farewell(client, server)


def non_blocking(family):
    with socket.create_server((HOSTS[family], 0), family=family) as listener:
        listener.setblocking(False)
        would_block(listener.accept)
        client = socket.socket(family)
        client.setblocking(False)
        would_block(client.connect, listener.getsockname())
        select.select([], [client], [], 5)
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        client.connect(listener.getsockname())
        select.select([listener], [], [], 5)
        server, _ = listener.accept()
        server.setblocking(False)
        would_block(server.recv, 1)
        client.send(b"x")
        select.select([server], [], [], 5)
        assert server.recv(1) == b"x"
        farewell(client, server)
        client = socket.socket(family)
        assert client.connect_ex(listener.getsockname()) == 0
        server, _ = listener.accept()
        client.detach()
        server.close()


def by_name(family):
    name = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}[family]
    with socket.create_server((name, 0), family=family) as listener:
        port = listener.getsockname()[1]
        for timeout in (None, 5):
            client = socket.create_connection((name, port), timeout)
            server, _ = listener.accept()
            farewell(client, server)
    with socket.create_server(("localhost", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.socket()
        client.connect(("localhost", port))
        server, _ = listener.accept()
        farewell(client, server)


def unix():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "listener")  # noqa: PTH118
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            client = socket.socket(socket.AF_UNIX)
            client.connect(path)
            server, _ = listener.accept()
            farewell(client, server)
    client, server = socket.socketpair()
    exchange(client, server)
    farewell(client, server)
    with socket.socket(type=socket.SOCK_DGRAM) as to:
        to.bind(("127.0.0.1", 0))
        with socket.socket(type=socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", to.getsockname())
            assert to.recvfrom(1)[0] == b"x"


def file():
    with (
        tempfile.TemporaryFile() as content,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        content.write(b"x" * 1000)
        content.seek(0)
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        assert server.sendfile(content) == 1000
        assert client.recv(1000) == b"x" * 1000
        farewell(client, server)


def tls(timeout):
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate, key)
    theirs = ssl.create_default_context(cafile=certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        plain = socket.create_connection(listener.getsockname(), timeout)
        # Accepted before anybody else makes a socket: the same numbers.
        accepted, _ = listener.accept()
        accepted.settimeout(timeout)

        def serve():
            with ours.wrap_socket(accepted, server_side=True) as server:
                assert server.recv(100) == b"question"
                server.sendall(b"answer")
                assert server.recv(1) == b""

        thread = threading.Thread(target=serve)
        thread.start()
        with theirs.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"question")
            assert client.recv(100) == b"answer"
        thread.join()


def life():
    for family in HOSTS:
        for timeout in (None, 5):
            chapter(f"{family.name} timeout {timeout}")
            connected(family, timeout)
        chapter(f"{family.name} non-blocking")
        non_blocking(family)
        chapter(f"{family.name} by name and address")
        by_name(family)
    chapter("AF_UNIX, pairs and datagrams")
    unix()
    chapter("a file")
    file()
    for timeout in (None, 5):
        chapter(f"TLS timeout {timeout}")
        tls(timeout)


life()
