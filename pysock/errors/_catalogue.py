"""Every failure as data: the one source of what is raised, and when.

The mapping from (call, errno) to class, the documentation page and the
command `pysock errors` are all made from these rows.
"""

from __future__ import annotations

from pysock.errors import (
    _rows_any,
    _rows_connect,
    _rows_diag,
    _rows_listener,
    _rows_transfer,
)
from pysock.errors._failure import Failure

CATALOGUE: tuple[Failure, ...] = (
    *_rows_connect.ROWS,
    *_rows_listener.ROWS,
    *_rows_transfer.ROWS,
    *_rows_any.ROWS,
    *_rows_diag.ROWS,
)
