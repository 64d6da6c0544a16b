"""Every failure as data: what is raised, when, and what it means.

The mapping from (call, errno) to class, the documentation page and the
command `pysock errors` are all made from these rows. Loaded when somebody
asks for `errors.CATALOGUE`: raising needs `rows.py` only.
"""

from __future__ import annotations

from pysock.errors import (
    causes_any,
    causes_connect,
    causes_listener,
    causes_transfer,
    causes_unix,
)
from pysock.errors.failure import Failure
from pysock.errors.rows import ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CAUSES = {
    **causes_connect.CAUSES,
    **causes_listener.CAUSES,
    **causes_transfer.CAUSES,
    **causes_any.CAUSES,
    **causes_unix.CAUSES,
}


def _row(
    number: str, calls: Any, errnos: Any, error: Any, origins: Any
) -> Failure:
    situation, causes = _CAUSES[number, error.__name__]
    return Failure(number, situation, calls, errnos, error, origins, causes)


CATALOGUE: tuple[Failure, ...] = tuple(_row(*row) for row in ROWS)
