"""Failures between a client and a real server."""

import http.server
import threading

import pytest

import pysock
from lab.packets import FIN, RST
from pysock import errors, testing
from pysock.testing.scripted import ANSWER, BODY
from testing.client import ask, fetch
from testing.wire import tapped

HEAD = len(ANSWER) - len(BODY)


@pytest.fixture
def server():
    with testing.script(["request", "answer", "again"]) as address:
        yield address


def test_passes_everything_on_to_a_server_of_the_standard_library():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as real:
        thread = threading.Thread(target=real.serve_forever, args=(0.01,))
        thread.start()
        try:
            with testing.proxy(real.server_address) as link:
                assert fetch(link, timeout=5) == b"hello"
        finally:
            real.shutdown()
            thread.join()


def test_many_megabytes_in_both_directions_at_once(failing):
    size = 8 << 20
    real = failing.script([("send", bytes(size)), ("read", size)])
    with pysock.create_connection(failing.proxy(real), 20) as sock:
        sender = threading.Thread(target=sock.sendall, args=(bytes(size),))
        sender.start()
        assert len(sock.recv_exactly(size)) == size
        sender.join()
        assert sock.recv(1) == b""


def test_stall_and_heal(server, failing):
    link = failing.proxy(server)
    with pysock.create_connection(link, 0.2) as sock:
        assert ask(sock) == BODY
        link.stall()
        with pytest.raises(errors.TransferTimeoutError):
            ask(sock)
        link.heal()
        sock.settimeout(5)
        assert ask(sock, b"") == BODY  # what was asked before


def test_reset_ends_the_connections_that_there_are(server, failing):
    link = failing.proxy(server)
    with tapped() as wire:
        wire.watch(link.port)
        with pysock.create_connection(link, 5) as sock:
            assert ask(sock) == BODY
            link.reset()
            with pytest.raises(errors.PeerResetError):
                ask(sock)
        assert wire.server_flags(RST)
        assert not wire.server_flags(FIN)
    assert fetch(link, timeout=5) == BODY


def test_refuse_and_heal(server, failing):
    link = failing.proxy(server)
    link.refuse()
    with pytest.raises(errors.ConnectRefusedError):
        fetch(link)
    link.refuse()  # again is no mistake
    link.heal()
    assert fetch(link, timeout=5) == BODY


def test_a_failure_within_the_real_answer(server, failing):
    link = failing.proxy(server, testing.resetting("body", 100))
    with tapped() as wire:
        wire.watch(link.port)
        with pytest.raises(errors.PeerResetError):
            fetch(link, timeout=5)
        assert wire.server_bytes() == ANSWER[: HEAD + 100]
        assert wire.server_flags(RST)


def test_only_the_first_times_fail(server, failing):
    link = failing.proxy(server, testing.closing(times=1))
    with pytest.raises(EOFError):
        fetch(link, timeout=5)
    assert fetch(link, timeout=5) == BODY


def test_a_server_that_speaks_first(failing):
    steps = [("send", b"hello"), ("read", 3), ("send", b"!")]
    link = failing.proxy(failing.script(steps), testing.resetting("request"))
    with pysock.create_connection(link, 5) as sock:
        assert sock.recv_exactly(5) == b"hello"
        sock.sendall(b"abc")
        with pytest.raises(errors.PeerResetError):
            sock.recv_exactly(1)


def test_a_server_that_refuses_resets_the_client(failing):
    link = failing.proxy(failing.refusing())
    with pytest.raises(OSError, match="reset"):
        fetch(link, timeout=5)


def test_half_close_is_passed_on(failing):
    link = failing.proxy(failing.script(["drain"]))
    with pysock.create_connection(link, 5) as sock:
        sock.sendall(b"abc")
        sock.shutdown(pysock.SHUT_WR)
        assert sock.recv(1) == b""


def test_close_ends_kept_connections_and_serves_new_ones(server, failing):
    link = failing.proxy(server)
    with pysock.create_connection(link, 5) as sock:
        assert ask(sock) == BODY
        link.close()
        assert sock.recv(1) == b""
    with pysock.create_connection(link, 5) as sock:
        assert ask(sock) == BODY
