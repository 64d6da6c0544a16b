"""TLS under the noted face: each way in which a session fails.

The peers are sockets that do what they are told; each failure is compared
with that of a plain run.
"""

import pytest

from pysock import errors
from support import child

PARTS = """
    import pysock, socket, ssl, struct, sys, threading
    if sys.argv[1] == "noted":
        pysock.install()

    held = []

    def serve(act):
        listener = socket.create_server(("127.0.0.1", 0))
        held.append(listener)
        def run():
            try:
                act(listener.accept()[0])
            except OSError:
                pass
        threading.Thread(target=run).start()
        return listener.getsockname()

    def reset(sock):
        linger = struct.pack("ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()

    def server_side(sock):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        return context.wrap_socket(sock, server_side=True)

    def talk(act, timeout=5, trusted=True, minimum=None, more=None):
        context = ssl.create_default_context(
            cafile=sys.argv[2] if trusted else None
        )
        if minimum is not None:
            context.minimum_version = minimum
        try:
            with socket.create_connection(serve(act), timeout) as sock:
                with context.wrap_socket(
                    sock, server_hostname="localhost"
                ) as secure:
                    secure.sendall(b"hello")
                    held.append(secure.recv(9))
                    (more or ssl.SSLSocket.recv)(secure, 9)
        except OSError as error:
            details = pysock.details(error)
            print(type(error).__name__, error.args, sep="|")
            if details is not None:
                print(type(details).__name__)
                print(details.code, details.explain().why)
"""


def told(talk, certificate):
    """What a failure is, plain and noted, and what its note says."""
    plain = child.run(f"{PARTS}\n    {talk}", "plain", *certificate)
    noted = child.run(f"{PARTS}\n    {talk}", "noted", *certificate)
    kind, name, said = noted.stdout.splitlines()
    assert plain.stdout.splitlines() == [kind]
    is_of_tls = name == errors.TlsError.__name__
    assert is_of_tls == said.startswith("tls")
    return said


@pytest.mark.parametrize(
    ("talk", "code", "words"),
    [
        (
            "talk(lambda s: (s.recv(4000), reset(s)))",
            "tls-reset",
            "before it answered",
        ),
        (
            "talk(lambda s: (s.recv(4000), s.close()))",
            "tls-closed",
            "closed the connection during the TLS handshake, before",
        ),
        (
            "talk(lambda s: held.append((s, s.recv(4000))), timeout=0.3)",
            "tls-timeout",
            "not finished in 300 ms",
        ),
        (
            "talk(lambda s: (s.recv(4000),"
            " s.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'),"
            " held.append(s)))",
            "tls-plain-text",
            "it said `HTTP/1.1 400 Bad Request`",
        ),
        (
            "talk(lambda s: held.append(server_side(s)), trusted=False)",
            "tls-certificate",
            "for localhost: self-signed certificate",
        ),
    ],
)
def test_handshake(talk, code, words, certificate):
    said = told(talk, certificate)
    assert said.startswith(code), said
    assert words in said


def test_no_version_in_common(certificate):
    script = """
    def old(sock):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        held.append(context.wrap_socket(sock, server_side=True))
    talk(old, minimum=ssl.TLSVersion.TLSv1_3)
    """
    said = told(script.strip(), certificate)
    assert said.startswith("tls-version"), said


@pytest.mark.parametrize(
    ("end", "more", "code"),
    [
        # A read would meet an end of file: OpenSSL makes one of a RST. A
        # write does in 3.11; from 3.13 on the kernel's own error comes out.
        ("reset(secure)", "write", ("tls-reset", "peer-reset")),
        ("held.append(secure)", "ssl.SSLSocket.recv", "timeout"),
    ],
)
def test_session_that_breaks(end, more, code, certificate):
    script = f"""
    def act(sock):
        secure = server_side(sock)
        secure.recv(9)
        secure.sendall(b"answer")
        {end}
    def write(secure, _):
        for _ in range(1000):
            secure.sendall(bytes(1000))
    talk(act, timeout=0.5, more={more})
    """
    said = told(script.strip(), certificate)
    assert said.startswith(code), said


def test_would_block_is_no_failure(certificate):
    child.run(
        PARTS
        + """
    address = serve(lambda sock: held.append((sock, sock.recv(4000))))
    with socket.create_connection(address) as sock:
        sock.setblocking(False)
        with ssl.create_default_context().wrap_socket(
            sock, server_hostname="localhost", do_handshake_on_connect=False
        ) as secure:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError as error:
                assert not hasattr(error, "__notes__")
    """,
        "noted",
        *certificate,
    )


def test_uninstall_leaves_ssl_as_it_was():
    child.run(
        """
        import pysock, ssl
        before = dict(vars(ssl.SSLSocket))
        pysock.install(tls=False)
        assert dict(vars(ssl.SSLSocket)) == before
        pysock.install()
        assert dict(vars(ssl.SSLSocket)) != before
        pysock.uninstall()
        assert dict(vars(ssl.SSLSocket)) == before
        """
    )
