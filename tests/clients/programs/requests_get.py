"""An unchanged program: requests, over a pooled connection."""

import http.server
import socket
import threading

import requests

import pysock

assert hasattr(socket.socket.connect, "__wrapped__")  # noted


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/"
    with requests.Session() as session:
        session.trust_env = False
        with session.get(url, timeout=20, stream=True) as answer:
            # urllib3 still holds the connection while the body is unread.
            sock = answer.raw.connection.sock
            assert type(sock) is socket.socket, type(sock)
            assert answer.content == b"ok"
        assert session.get(url, timeout=20).text == "ok"
    server.shutdown()
    thread.join()

try:
    requests.get(url, timeout=20)
except requests.ConnectionError as error:
    cause = error.args[0].reason.__cause__ or error.args[0].reason.__context__
    found = pysock.details(cause)
    assert isinstance(found, pysock.errors.ConnectRefusedError), cause
else:
    raise AssertionError("the server is closed, and answered")
print("got it")
