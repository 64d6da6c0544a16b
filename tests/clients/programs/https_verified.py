"""An unchanged program: HTTPS, the client verifies the certificate.

Arguments: certificate and key, PEM files.
"""

import http.client
import http.server
import socket
import ssl
import sys
import threading

import pysock

assert hasattr(socket.socket.connect, "__wrapped__")  # noted
# Its class has what was wrapped from the standard one.
assert issubclass(ssl.SSLSocket, socket.socket)
certificate, key = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        assert isinstance(self.connection, socket.socket)
        self.send_response(200)
        self.send_header("Content-Length", "300000")
        self.end_headers()
        self.wfile.write(b"x" * 300_000)

    def log_message(self, *_):
        pass


served_with = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
served_with.load_cert_chain(certificate, key)
asked_with = ssl.create_default_context(cafile=certificate)

with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    server.socket = served_with.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client = http.client.HTTPSConnection(
        "localhost", server.server_port, timeout=20, context=asked_with
    )
    client.request("GET", "/")
    assert isinstance(client.sock, socket.socket)
    assert client.sock.getpeercert()["subject"]
    assert pysock.tcp_info(client.sock).state == pysock.TcpState.ESTABLISHED
    assert client.getresponse().read() == b"x" * 300_000
    client.close()

    # Nobody vouches for it: the same failure as with the standard module.
    stranger = http.client.HTTPSConnection(
        "localhost", server.server_port, timeout=20
    )
    try:
        stranger.request("GET", "/")
    except ssl.SSLCertVerificationError:
        pass
    else:
        raise AssertionError("an unknown certificate was believed")
    finally:
        stranger.close()
    server.shutdown()
    thread.join()
print("served")
