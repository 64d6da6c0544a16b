"""A plain socket: two questions, a failure in between."""

import socket
import ssl

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


def ask(sock):
    sock.sendall(REQUEST)
    answer = b""
    while len(answer) < 16384:
        part = sock.recv(65536)
        if not part:
            raise EOFError("the server closed the connection")
        answer += part


def client(at):
    address = (at.host, at.port)
    with socket.create_connection(address, timeout=at.patience) as sock:
        if at.tls:
            context = ssl.create_default_context(cafile=at.ca_file)
            sock = context.wrap_socket(sock, server_hostname=at.host)
        ask(sock)
        at.pause()
        ask(sock)
