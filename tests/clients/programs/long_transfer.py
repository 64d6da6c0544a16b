"""An unchanged program: a download of a gigabyte, its hash compared.

As a package installer downloads: an HTTP server sends a file, the client
reads it in blocks and hashes as it goes. Argument: the number of bytes.
"""

import hashlib
import http.client
import http.server
import socket
import sys
import threading

assert hasattr(socket.socket.connect, "__wrapped__")  # noted
total = int(sys.argv[1])
BLOCK = 1 << 20
sent = hashlib.sha256()


def blocks():
    """Blocks that all differ: one lost or doubled changes the hash."""
    filler = bytes(range(256)) * (BLOCK // 256 - 1)
    for number in range(total // BLOCK):
        yield number.to_bytes(256, "big") + filler


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(total))
        self.end_headers()
        for block in blocks():
            sent.update(block)
            self.wfile.write(block)

    def log_message(self, *_):
        pass


assert total % BLOCK == 0
received = hashlib.sha256()
length = 0
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client = http.client.HTTPConnection(
        "127.0.0.1", server.server_port, timeout=60
    )
    client.request("GET", "/")
    assert type(client.sock) is socket.socket
    answer = client.getresponse()
    while block := answer.read(BLOCK):
        received.update(block)
        length += len(block)
    client.close()
    server.shutdown()
    thread.join()

assert length == total, length
assert received.digest() == sent.digest()
print(length, "bytes, the same hash")
