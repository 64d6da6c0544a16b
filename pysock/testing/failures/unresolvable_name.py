"""Row 31: a name that does not resolve."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pysock.testing.address import Address


@contextlib.contextmanager
def unresolvable_name(*, port: int = 80) -> Iterator[Address]:
    """Give an address whose host is a name that nobody has.

    It is in ``.invalid``, which RFC 6761 keeps free. What a client meets is
    its resolver's answer: ``EAI_NONAME`` where a name server is reached,
    ``EAI_AGAIN`` after its timeout where none is.

    Args:
        port: the other half of the address.
    """
    yield Address("nobody.invalid", port)
