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
def certificate(tmp_path_factory):
    """A certificate that is signed with its own key, and the key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "40",
             "-subj", "/O=Lab/CN=localhost", "-addext",
             f"subjectAltName={NAMES}", "-keyout", key, "-out",
             certificate],
            check=True,
            capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        skip_or_fail("`openssl` is not installed")
    return certificate, key


@contextlib.contextmanager
def tls_server(certificate, **settings):
    """The port of a server that shakes hands and waits for the end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_alpn_protocols(["http/1.1"])
    for name, value in settings.items():
        setattr(context, name, value)

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(20)
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


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


def test_certificate_for_another_name(failing):
    address = failing.tls(wrong_name=True)
    trusted = {"SSL_CERT_FILE": address.ca_file}
    status, attempt = handshake(address.port, host=address.host, **trusted)
    assert status == 1
    assert "not valid for '127.0.0.1'" in why(attempt)


def test_server_speaks_plain_text(failing):
    status, attempt = handshake(failing.plain_text_on_tls().port)
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


def test_server_closes_in_the_middle(failing):
    status, attempt = handshake(failing.closing().port)
    assert status == 1
    assert "closed the connection during the TLS handshake" in (why(attempt))


def test_server_says_nothing(failing):
    port = failing.silent_after().port
    status, attempt = handshake(port, "--timeout", "0.3")
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
