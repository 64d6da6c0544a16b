"""What can be wrong with a network."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# ``cut`` (bool), ``lost`` (percent), ``delay`` (seconds, each way), ``hole``
# (bytes: longer IP packets vanish; 0: none do), ``icmp`` (type and code of the
# answer to TCP; None for none), ``full`` (the address that every port is
# connected to; or None).
HEALTHY: dict[str, Any] = {
    "cut": False, "lost": 0, "delay": 0, "hole": 0, "icmp": None,
    "full": None,
}  # fmt: skip
