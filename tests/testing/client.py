"""The plainest client there is: it connects, asks, and reads the answer."""

import ssl

import pysock

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
# More than the kernel's buffers on both sides hold.
LONG = b"POST / HTTP/1.1\r\nContent-Length: 33554432\r\n\r\n" + bytes(1 << 25)


def ask(sock, request=REQUEST):
    """Send a request and read the whole answer by its Content-Length."""
    sock.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += some(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    while len(body) < length:
        body += some(sock)
    return body


def some(sock):
    data = sock.recv(65536)
    if not data:
        raise EOFError("the stream ended within the answer")
    return data


def fetch(address, request=REQUEST, timeout=0.3):
    """Make one exchange, over TLS if the address says so."""
    with pysock.create_connection(address, timeout) as sock:
        if address.scheme == "http":
            return ask(sock, request)
        context = ssl.create_default_context(cafile=address.ca_file)
        with context.wrap_socket(sock, server_hostname=address.host) as tls:
            return ask(tls, request)


def fetch_twice(address):
    """Two exchanges on one connection."""
    with pysock.create_connection(address, 5) as sock:
        ask(sock)
        return ask(sock)
