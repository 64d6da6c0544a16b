"""TLS under the noted face: each way in which a session fails.

Each failure is compared with that of a plain run.
"""

import pytest

from pysock import errors
from support import child

CLIENT = """
    import pysock, socket, ssl, sys
    face, host, port, ca_file, timeout = sys.argv[1:6]
    if face == "noted":
        pysock.install()
    context = ssl.create_default_context(cafile=ca_file or None)

    def connected():
        return socket.create_connection((host, int(port)), float(timeout))

    def write_on(secure):
        for _ in range(100_000):
            secure.sendall(bytes(1000))

    def read_on(secure):
        secure.recv(9)

    def talk(then=read_on):
        try:
            with connected() as sock:
                with context.wrap_socket(sock, server_hostname=host) as secure:
                    secure.sendall(b"hello")
                    secure.recv(6)
                    then(secure)
        except OSError as error:
            details = pysock.details(error)
            print(type(error).__name__, error.args, sep="|")
            if details is not None:
                print(type(details).__name__)
                print(details.code, details.explain().why)
"""


def run(face, address, script, timeout=5):
    words = face, *address, address.ca_file or "", timeout
    return child.run(CLIENT + script, *words).stdout.splitlines()


def told(address, script="    talk()", timeout=5):
    """What a failure is, plain and noted, and what its note says."""
    plain = run("plain", address, script, timeout)
    kind, name, said = run("noted", address, script, timeout)
    assert plain == [kind]
    is_of_tls = name == errors.TlsError.__name__
    assert is_of_tls == said.startswith("tls")
    return said


@pytest.mark.parametrize(
    ("fault", "timeout", "code", "words"),
    [
        (
            ("resetting", {}),
            5,
            "tls-reset",
            "before it answered",
        ),
        (
            ("closing", {}),
            5,
            "tls-closed",
            "closed the connection during the TLS handshake, before",
        ),
        (
            ("silent_after", {}),
            0.3,
            "tls-timeout",
            "not finished in 300 ms",
        ),
        (
            ("plain_text_on_tls", {}),
            5,
            "tls-plain-text",
            "it said `HTTP/1.1 400 Bad Request`",
        ),
        (
            ("tls", {"expired": True}),
            5,
            "tls-certificate",
            "for 127.0.0.1: certificate has expired",
        ),
        (
            ("tls", {"wrong_name": True}),
            5,
            "tls-certificate",
            "for 127.0.0.1: IP address mismatch",
        ),
    ],
)
def test_handshake(failing, fault, timeout, code, words):
    name, arguments = fault
    address = getattr(failing, name)(**arguments)
    said = told(address, timeout=timeout)
    assert said.startswith(code), said
    assert words in said


def test_authority_that_is_not_known(failing):
    address = failing.tls()
    address.ca_file = None
    said = told(address)
    assert said.startswith("tls-certificate"), said
    assert "for 127.0.0.1: unable to get local issuer certificate" in said


def test_no_version_in_common(failing):
    script = """
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    talk()
    """
    said = told(failing.tls(old_version=True), script)
    assert said.startswith("tls-version"), said


@pytest.mark.parametrize(
    ("end", "then", "code"),
    [
        # A read would meet an end of file: OpenSSL makes one of a RST. A
        # write does in 3.11; from 3.13 on the kernel's own error comes out.
        ("reset", "write_on", ("tls-reset", "peer-reset")),
        ("silence", "read_on", "timeout"),
    ],
)
def test_session_that_breaks(failing, end, then, code):
    steps = ("read", 5), ("send", b"answer"), end
    said = told(failing.tls(steps=steps), f"    talk({then})", timeout=0.5)
    assert said.startswith(code), said


def test_would_block_is_no_failure(failing):
    script = """
    with connected() as sock:
        sock.setblocking(False)
        with context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False
        ) as secure:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError as error:
                assert not hasattr(error, "__notes__")
    """
    run("noted", failing.silent_after(), script)


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


def test_stale_keep_alive(failing):
    """No exception of TLS: what http.client makes of the end is explained."""
    address = failing.tls(steps=("request", "head", "answer", "close"))
    script = """
    import http.client, select
    connection = http.client.HTTPSConnection(
        host, int(port), timeout=float(timeout), context=context)

    connection.request("GET", "/")
    assert len(connection.getresponse().read()) == 16384
    select.select([connection.sock], [], [])  # its end has come
    try:
        connection.request("GET", "/")
        # Until the RST is here: TCP_INFO begins with the state, 7 is CLOSE.
        while connection.sock.getsockopt(6, 11, 1) != b"\\x07":
            pass
        connection.getresponse()
    except ConnectionError as error:
        said = pysock.why(error)
        print(type(error).__name__, said and said.code, said and said.why)
    """
    [plain] = run("plain", address, script)
    [noted] = run("noted", address, script)
    kind = noted.split()[0]
    assert plain.split()[0] == kind
    assert plain.split()[1] == "None"
    # Newer versions of OpenSSL meet what the peer's RST has left.
    codes = {
        "RemoteDisconnected": "peer-closed",
        "BrokenPipeError": "broken-pipe",
    }
    assert noted.split()[1] == codes[kind], noted
