"""`pysock connect --tls`: what was agreed on, and why it was not."""

import contextlib
import json
import socket
import ssl
import subprocess
import threading

import pytest

from support.command import pysock_command
from support.requirements import skip_or_fail

NAMES = "DNS:localhost,DNS:other.example,IP:127.0.0.1"


@pytest.fixture(scope="module")
def make_certificate(tmp_path_factory):
    """A function that signs a certificate with its own key."""

    def make(names=NAMES, days=40):
        folder = tmp_path_factory.mktemp("tls")
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        try:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
                 "-subj", "/O=Lab/CN=localhost", "-addext",
                 f"subjectAltName={names}", "-keyout", key, "-out",
                 certificate],
                check=True,
                capture_output=True,
            )  # fmt: skip
        except FileNotFoundError:
            skip_or_fail("`openssl` is not installed")
        return certificate, key

    return make


@pytest.fixture(scope="module")
def certificate(make_certificate):
    return make_certificate()


@contextlib.contextmanager
def served(answer):
    """A listener whose connections are answered by a function."""

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(20)
                answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def tls_server(certificate, **settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_alpn_protocols(settings.pop("alpn", ["http/1.1"]))
    for name, value in settings.items():
        setattr(context, name, value)

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1)

    return served(answer)


def trusting(certificate):
    return {"SSL_CERT_FILE": str(certificate[0])}


def handshake(port, *words, host="localhost", **env):
    done = pysock_command(
        "connect", host, port, "--tls", "--json", "--family", "4", *words,
        env=env,
    )  # fmt: skip
    assert done.stderr == ""
    [attempt] = json.loads(done.stdout)
    return done.returncode, attempt


def why(attempt):
    return attempt["explanation"]["why"]


def test_what_was_agreed_on(certificate):
    with tls_server(certificate) as port:
        status, attempt = handshake(port, **trusting(certificate))
    assert status == 0
    tls = attempt["tls"]
    assert tls["version"] == "TLSv1.3"
    assert tls["alpn"] == "http/1.1"
    assert tls["names"] == ["localhost", "other.example", "127.0.0.1"]
    assert tls["issuer"] == "Lab"
    assert tls["days_left"] in (39, 40)
    assert 0 < tls["elapsed"] < 20


def test_in_words(certificate):
    with tls_server(certificate) as port:
        done = pysock_command(
            "connect", f"https://127.0.0.1:{port}/", env=trusting(certificate)
        )
    assert (done.returncode, done.stderr) == (0, "")
    [agreed, of_whom] = done.stdout.splitlines()[-2:]
    assert agreed.startswith("TLS          TLSv1.3, ")
    assert ", ALPN http/1.1, after " in agreed
    assert of_whom.startswith("certificate  for localhost, other.example,")
    assert "signed by Lab; " in of_whom
    assert " days left (until " in of_whom


def test_nobody_vouches_for_the_certificate(certificate):
    with tls_server(certificate) as port:
        status, attempt = handshake(port)
    assert status == 1
    assert attempt["connected"] is True
    assert attempt["error"]["error"] == "SSLCertVerificationError"
    assert "self-signed certificate" in why(attempt).replace(
        "self signed", "self-signed"
    )


def test_certificate_for_another_name(make_certificate):
    other = make_certificate(names="DNS:other.example")
    with tls_server(other) as port:
        status, attempt = handshake(port, **trusting(other))
    assert status == 1
    assert "not valid for 'localhost'" in why(attempt)


def test_server_speaks_plain_text():
    def answer(connection):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with served(answer) as port:
        status, attempt = handshake(port)
    assert status == 1
    assert "speaks plain HTTP, not TLS" in why(attempt)


def test_server_refuses_with_an_alert(certificate):
    """It wants a certificate of the client, which has none."""
    with tls_server(
        certificate,
        maximum_version=ssl.TLSVersion.TLSv1_2,
        verify_mode=ssl.CERT_REQUIRED,
    ) as port:
        status, attempt = handshake(port, **trusting(certificate))
    assert status == 1
    assert "refused: it sent the alert" in why(attempt)


def test_server_closes_in_the_middle():
    # All of it, or the end is a RST: OpenSSL 3.5 sends 1.5 kB.
    with served(lambda connection: connection.recv(65536)) as port:
        status, attempt = handshake(port)
    assert status == 1
    assert "closed the connection during the TLS handshake" in (why(attempt))


def test_server_says_nothing():
    release = threading.Event()
    with served(lambda connection: release.wait(20)) as port:
        try:
            status, attempt = handshake(port, "--timeout", "0.3")
        finally:
            release.set()
    assert status == 1
    assert attempt["connected"] is True
    assert "was not finished in" in why(attempt)


def test_repeated(certificate):
    with tls_server(certificate) as port:
        done = pysock_command(
            "connect", "127.0.0.1", port, "--tls", "--repeat", 2,
            env=trusting(certificate),
        )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("TLS ")
