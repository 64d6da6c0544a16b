"""A client and a server, as typed programs are: read with both modules.

`test_programs.py` also reads it with `import socket` in the first import.
"""

import pysock as socket  # isort: skip
import ssl
from typing import assert_type


def client(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), timeout=2.5) as sock:
        assert_type(sock, socket.socket)
        assert_type(sock.family, socket.AddressFamily)
        assert_type(sock.gettimeout(), float | None)
        assert_type(sock.getsockopt(socket.SOL_SOCKET, 4), int)
        assert_type(sock.getsockopt(socket.IPPROTO_TCP, 11, 256), bytes)
        assert_type(sock.fileno(), int)
        assert_type(sock.send(b"x"), int)
        sock.sendall(memoryview(b"xy"))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        sock.shutdown(socket.SHUT_WR)
        return sock.recv(10, socket.MSG_WAITALL)


def files(sock: socket.socket) -> str:
    with sock.makefile("rb") as reader:
        reader.readline()
    with sock.makefile("w", encoding="utf-8") as writer:
        writer.write("text")
    with sock.makefile() as text:
        return text.read()


def datagrams(sock: socket.socket) -> int:
    data, ancillary, flags, _ = sock.recvmsg(1024)
    assert_type(data, bytes)
    assert_type(ancillary, list[tuple[int, int, bytes]])
    assert_type(flags, int)
    return sock.sendto(data, ("127.0.0.1", 9))


def server() -> socket.socket:
    listener = socket.create_server(("", 0), reuse_port=True, backlog=5)
    assert_type(listener, socket.socket)
    accepted, _ = listener.accept()
    assert_type(accepted, socket.socket)
    assert_type(accepted.dup(), socket.socket)
    left, right = socket.socketpair()
    assert_type(left, socket.socket)
    right.close()
    return accepted


def resolved(host: str) -> list[str]:
    found = []
    family: socket.AddressFamily
    for family, kind, number, name, address in socket.getaddrinfo(
        host, 80, type=socket.SOCK_STREAM
    ):
        print(family)
        assert_type(kind, socket.SocketKind)
        assert_type(number, int)
        assert_type(name, str)
        found.append(str(address[0]))
    return found


def passed_on(context: ssl.SSLContext) -> ssl.SSLSocket:
    """What wants a standard socket takes this one."""
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    return context.wrap_socket(plain, server_hostname="example.org")


def failing() -> str:
    try:
        socket.create_connection(("127.0.0.1", 9))
    except socket.gaierror as error:
        assert_type(error, socket.gaierror)
    except socket.timeout as error:
        assert_type(error, TimeoutError)
    except OSError as error:
        assert_type(error.errno, int | None)
        return error.strerror or ""
    return ""
