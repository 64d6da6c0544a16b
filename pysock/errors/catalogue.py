"""Every failure as data: the one source of what is raised, and when.

The mapping from (call, errno) to class, the documentation page and the
command `pysock errors` are all made from these rows.
"""

from __future__ import annotations

from pysock.errors import (
    rows_any,
    rows_connect,
    rows_diag,
    rows_listener,
    rows_transfer,
)
from pysock.errors.failure import Failure

CATALOGUE: tuple[Failure, ...] = (
    *rows_connect.ROWS,
    *rows_listener.ROWS,
    *rows_transfer.ROWS,
    *rows_any.ROWS,
    *rows_diag.ROWS,
)
