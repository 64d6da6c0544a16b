"""Certificates for a server of a test, made by trustme.

They are in memory, and what has a path is this process's descriptor: nothing
is left on a disk, whatever ends the process.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator

from pysock.testing.unavailable import Unavailable

OTHER_NAME = "elsewhere.invalid"


@contextlib.contextmanager
def certificate(
    host: str, *, expired: bool, wrong_name: bool
) -> Iterator[tuple[str, str]]:
    """Make an authority and a certificate by it, to be read for a while.

    Gives the path of the server's key and chain, and that of the
    authority's certificate.

    Args:
        host: the IP address that the certificate is for.
        expired: it was valid until yesterday.
        wrong_name: it is for another name.

    Raises:
        Unavailable: trustme is not installed.
    """
    try:
        import trustme
    except ImportError as error:
        raise Unavailable(
            "tls() needs trustme: pip install 'pysock-tcp[testing]'"
        ) from error
    authority = trustme.CA()
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    issued = authority.issue_cert(
        OTHER_NAME if wrong_name else host,
        not_before=now - 2 * day,
        not_after=now - day if expired else now + day,
    )
    with (
        _readable(issued.private_key_and_cert_chain_pem.bytes()) as chain,
        _readable(authority.cert_pem.bytes()) as trusted,
    ):
        yield chain, trusted


@contextlib.contextmanager
def _readable(data: bytes) -> Iterator[str]:
    """Give a path under which other processes of this user read it too."""
    with os.fdopen(os.memfd_create("pysock-testing.pem"), "wb", 0) as file:
        file.write(data)
        yield f"/proc/{os.getpid()}/fd/{file.fileno()}"
