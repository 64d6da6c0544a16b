"""Whether this machine's firewall may lead connections elsewhere."""

from __future__ import annotations

from pysock.errors.handlers import by_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case

_COUNT = "/proc/sys/net/netfilter/nf_conntrack_count"


def translates(_: Case) -> bool:
    """Whether it may: NAT needs connection tracking.

    `False` is certain: nothing is tracked in this network namespace, so no
    address was translated.
    """
    try:
        with open(_COUNT, "rb") as file:  # noqa: PTH123
            return int(file.read()) > 0
    except FileNotFoundError as exc:
        if by_handler(exc):
            raise
        return False
