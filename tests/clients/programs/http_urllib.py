"""An unchanged program: http.server, asked by urllib.request."""

import http.server
import socket
import threading
import urllib.request
from http.client import HTTPConnection

assert hasattr(socket.socket.connect, "__wrapped__")  # noted
seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        seen.append(self.connection)
        body = b"hello " + self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Remembering(HTTPConnection):
    def connect(self):
        super().connect()
        seen.append(self.sock)


class Opener(urllib.request.HTTPHandler):
    def http_open(self, request):
        return self.do_open(Remembering, request)


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    assert type(server.socket) is socket.socket
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/there"
    with urllib.request.build_opener(Opener).open(url, timeout=20) as answer:
        assert answer.status == 200
        assert answer.read() == b"hello /there"
    server.shutdown()
    thread.join()

assert len(seen) == 2
assert all(type(sock) is socket.socket for sock in seen), seen
print("served")
