"""The address that a connect was sent from."""

from __future__ import annotations

from pysock.raw.routes import is_local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case

_ANY = ("0.0.0.0", "::")


def unanswerable(case: Case) -> str | None:
    """Why no answer can come back to this end's address, if none can.

    Returns:
        "loopback": it is a loopback address, and the peer another machine;
        "gone": no interface has it now. `None` for neither, and where it
        cannot be told.
    """
    here, there = case.error.local_address, case.error.address
    if here is None or there is None or here[0] in _ANY:
        return None
    if _is_loopback(here) and is_local(there) is False:
        return "loopback"
    return "gone" if is_local(here) is False else None


def _is_loopback(address: Any) -> bool:
    host = str(address[0]).removeprefix("::ffff:")
    return host == "::1" or host.startswith("127.")
