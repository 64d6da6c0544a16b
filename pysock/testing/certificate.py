"""Certificates for a server of a test, made by trustme."""

from __future__ import annotations

import contextlib
import datetime
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pysock.testing.unavailable import Unavailable

OTHER_NAME = "elsewhere.invalid"


@contextlib.contextmanager
def certificate(
    host: str, *, expired: bool, wrong_name: bool
) -> Iterator[tuple[str, str]]:
    """Make an authority and a certificate by it, in files for a while.

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
    with tempfile.TemporaryDirectory(prefix="pysock-testing-") as folder:
        chain, trusted = Path(folder, "chain.pem"), Path(folder, "ca.pem")
        issued.private_key_and_cert_chain_pem.write_to_path(str(chain))
        authority.cert_pem.write_to_path(str(trusted))
        yield str(chain), str(trusted)
