"""Row 35: a handshake that fails, by certificate, version or RST."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address
from pysock.testing.certificate import certificate
from pysock.testing.scripted import HEALTHY, Scripted, Step
from pysock.testing.sockets import LOOPBACK


@contextlib.contextmanager
def tls(
    *,
    expired: bool = False,
    wrong_name: bool = False,
    old_version: bool = False,
    reset_in_handshake: bool = False,
    steps: tuple[Step, ...] = HEALTHY,
    host: str = LOOPBACK,
) -> Iterator[Address]:
    """Give the address of an HTTPS server, in good health unless told.

    Its ``ca_file`` is what a client has to trust. To a client that does not,
    the certificate is by an authority that it does not know.

    Args:
        expired: the certificate was valid until yesterday.
        wrong_name: the certificate is for another name.
        old_version: the server speaks no TLS after 1.2, and a client may
            demand 1.3.
        reset_in_handshake: the ClientHello is answered with a RST.
        steps: what is done after the handshake, as in `script`.
        host: an IP address of this machine.

    Raises:
        Unavailable: trustme is not installed.
        OSError: the address is not this machine's (``EADDRNOTAVAIL``).
        ValueError: as `script`.
    """
    with certificate(host, expired=expired, wrong_name=wrong_name) as made:
        chain, authority = made
        script: list[Step] = ["tls", *steps]
        if reset_in_handshake:
            script = ["request", "reset"]
        server = Scripted(
            script,
            host=host,
            scheme="https",
            certificate=chain,
            old_version=old_version,
        )
        with server as address:
            address.ca_file = authority
            yield address
